package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TargetTerm;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.UpdateContext;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** {@link Tiny} as an update of one micro-batch; its leaves are logits and hidden states. */
final class TinyContext implements ObjectiveContext, AutoCloseable {
  static final List<String> LEAVES =
      List.of("forget", "alternatives", "retain", "forgetStates", "retainStates");

  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final DataType type;
  private final Map<String, NDArray> leaves = new LinkedHashMap<>();
  private final ObjectiveMemory memory = new ObjectiveMemory();
  private final Set<Need> asked = EnumSet.noneOf(Need.class);

  /**
   * Makes leaves of a type.
   *
   * @param changed values of leaves that are not those of {@link Tiny}
   */
  TinyContext(DataType type, Map<String, double[]> changed) {
    this.type = type;
    for (String name : LEAVES) {
      double[] values = changed.getOrDefault(name, leafValues(name));
      NDArray leaf = array(values, leafShape(name));
      leaf.setRequiresGradient(true);
      leaves.put(name, leaf);
    }
  }

  TinyContext(DataType type) {
    this(type, Map.of());
  }

  static double[] leafValues(String name) {
    return Tiny.values(name, name.endsWith("States") ? Tiny.POSITIONS : Tiny.POSITIONS - 1);
  }

  private static Shape leafShape(String name) {
    return name.endsWith("States")
        ? new Shape(Tiny.ROWS, Tiny.POSITIONS, Tiny.WIDTH)
        : new Shape(Tiny.ROWS, Tiny.POSITIONS - 1, Tiny.VOCABULARY);
  }

  NDArray array(double[] values, Shape shape) {
    NDArray array = manager.create(values, shape);
    return type == DataType.FLOAT64 ? array : array.toType(type, false);
  }

  /** Returns the objective, both parts of it, prepared, with a graph. */
  NDArray loss(Objective objective) {
    objective.prepare(update(1));
    NDArray loss = objective.loss(this);
    return objective.needs().contains(Need.RETAIN) ? loss.add(objective.retainLoss(this)) : loss;
  }

  /** Returns the value alone. */
  double value(Objective objective) {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      return Values.of(loss(objective))[0];
    }
  }

  /** Returns the gradient of each leaf. */
  Map<String, double[]> gradients(Objective objective) {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      NDArray loss = loss(objective);
      Torch.backward(loss, manager.ones(new Shape(), loss.getDataType()));
    }
    Map<String, double[]> gradients = new LinkedHashMap<>();
    leaves.forEach((name, leaf) -> gradients.put(name, Values.gradientOf(leaf)));
    return gradients;
  }

  /** Returns what has been used of what objectives must say they need. */
  Set<Need> asked() {
    return asked;
  }

  @Override
  public Share forget() {
    return share("forget", Need.REFERENCE_LOGITS, null);
  }

  @Override
  public Share alternatives() {
    asked.add(Need.ALTERNATIVES);
    return share("alternatives", null, null);
  }

  @Override
  public Share retain() {
    asked.add(Need.RETAIN);
    return share("retain", Need.RETAIN_REFERENCE_LOGITS, Need.RETAIN_REFERENCE_STATES);
  }

  @Override
  public ObjectiveMemory memory() {
    return memory;
  }

  /** Returns the update before its micro-batch. */
  UpdateContext update(int epoch) {
    return new Update(epoch);
  }

  private Share share(String name, Need logitsNeed, Need statesNeed) {
    TokenBatch batch = TokenBatch.of(manager, Tiny.sequences());
    NDArray states = leaves.get(name + "States");
    Pass pass = new FakePass(batch, leaves.get(name), states, () -> asked.add(Need.WHOLE_LOGITS));
    return new Share(pass, new Before(name, batch, logitsNeed, statesNeed), 11, Tiny.ROWS);
  }

  private NDArray before(String name) {
    return array(Tiny.values(name + "Before", Tiny.POSITIONS - 1), leafShape(name));
  }

  @Override
  public void close() {
    manager.close();
  }

  /** A pass over given logits and states, from which log-probabilities follow. */
  record FakePass(TokenBatch batch, NDArray known, NDArray states, Runnable whenWhole)
      implements Pass {
    FakePass(TokenBatch batch, NDArray known, NDArray states) {
      this(batch, known, states, () -> {});
    }

    @Override
    public NDArray logits() {
      whenWhole.run();
      return known;
    }

    @Override
    public NDArray perTarget(TargetTerm term, Reference reference) {
      return new FakePass(batch, known, states).allAtOnce(term, reference);
    }

    private NDArray allAtOnce(TargetTerm term, Reference reference) {
      return Pass.super.perTarget(term, reference);
    }

    @Override
    public NDArray logProbabilities() {
      NDArray ids = batch.ids().get(":, 1:").expandDims(-1);
      return known.logSoftmax(-1).gather(ids, -1).squeeze(-1).mul(batch.targetMask());
    }

    @Override
    public NDArray hiddenStates(int layer) {
      return states;
    }

    @Override
    public void backward() {
      throw new AssertionError("no model");
    }
  }

  private final class Before implements Reference {
    private final String name;
    private final TokenBatch batch;
    private final Need logitsNeed;
    private final Need statesNeed;

    Before(String name, TokenBatch batch, Need logitsNeed, Need statesNeed) {
      this.name = name;
      this.batch = batch;
      this.logitsNeed = logitsNeed;
      this.statesNeed = statesNeed;
    }

    @Override
    public NDArray logLikelihoods() {
      asked.add(Need.REFERENCE_LIKELIHOODS);
      return new FakePass(batch, before(name), null).logProbabilities().sum(new int[] {1});
    }

    @Override
    public NDArray logits() {
      asked.add(logitsNeed);
      return before(name);
    }

    @Override
    public NDArray hiddenStates(int layer) {
      asked.add(statesNeed);
      return array(Tiny.values("retainStatesBefore", Tiny.POSITIONS), leafShape("retainStates"));
    }
  }

  private final class Update implements UpdateContext {
    private final int epoch;

    Update(int epoch) {
      this.epoch = epoch;
    }

    @Override
    public int epoch() {
      return epoch;
    }

    @Override
    public List<TokenSequence> forget() {
      return Tiny.sequences();
    }

    @Override
    public List<TokenSequence> alternatives() {
      asked.add(Need.ALTERNATIVES);
      return Tiny.sequences();
    }

    @Override
    public List<TokenSequence> retain() {
      asked.add(Need.RETAIN);
      return Tiny.sequences();
    }

    @Override
    public double[] logLikelihoods(List<TokenSequence> sequences) {
      return sums(() -> TinyContext.this.alternatives().logLikelihoods());
    }

    @Override
    public double[] referenceLogLikelihoods(List<TokenSequence> sequences) {
      return sums(() -> TinyContext.this.alternatives().reference().logLikelihoods());
    }

    private double[] sums(Supplier<NDArray> likelihoods) {
      try (Torch.GradientMode off = Torch.gradientsOff()) {
        return Values.of(likelihoods.get());
      }
    }

    @Override
    public ObjectiveMemory memory() {
      return memory;
    }
  }
}
