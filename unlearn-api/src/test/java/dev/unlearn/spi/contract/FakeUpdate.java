package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.UpdateContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Two updates of one run without a model, in micro-batches; the second is what counts. */
final class FakeUpdate {
  private static final List<TokenSequence> FORGET =
      List.of(
          TokenSequence.of(1, 2, 3, 4, 5, 6),
          TokenSequence.of(6, 5, 4, 3).withPromptLength(2),
          TokenSequence.of(2, 4, 6),
          TokenSequence.of(3, 0, 1, 5, 2));
  private static final List<TokenSequence> ALTERNATIVES =
      List.of(
          TokenSequence.of(1, 2, 0, 0),
          TokenSequence.of(6, 5, 1, 2, 0, 4).withPromptLength(2),
          TokenSequence.of(2, 1, 1),
          TokenSequence.of(3, 6));
  private static final List<TokenSequence> RETAIN =
      List.of(
          TokenSequence.of(4, 1, 6, 2), TokenSequence.of(5, 5), TokenSequence.of(0, 3, 2, 1, 6));

  private final Objective objective;
  private final int rows;
  private final FakeNumbers numbers;
  private final ObjectiveMemory memory;
  private final Map<String, float[]> gradients = new LinkedHashMap<>();
  private double value;
  private double slope;

  private FakeUpdate(Objective objective, int rows, FakeNumbers numbers, ObjectiveMemory memory) {
    this.objective = objective;
    this.rows = rows;
    this.numbers = numbers;
    this.memory = memory;
  }

  /**
   * What an update gave.
   *
   * @param value the sum of all shares
   * @param gradients by leaf and row; without padding
   * @param slope the gradient in the direction of the step
   */
  record Result(
      double value,
      Map<String, float[]> gradients,
      double slope,
      Map<String, Double> memory,
      int arraysLeft) {}

  /** Makes it in micro-batches of so many sequences. */
  static Result of(Objective objective, int rows) {
    return of(objective, rows, 1, 0);
  }

  /** Makes it, with the leaves of the second update a step away in a random direction. */
  static Result of(Objective objective, int rows, int direction, double step) {
    ObjectiveMemory memory = new ObjectiveMemory();
    try (NDManager manager = NDManager.newBaseManager()) {
      new FakeUpdate(objective, rows, new FakeNumbers(direction, 0), memory).run(manager, 1);
      FakeUpdate second = new FakeUpdate(objective, rows, new FakeNumbers(direction, step), memory);
      second.run(manager, 2);
      return new Result(
          second.value,
          second.gradients,
          second.slope,
          memory.numbers(),
          manager.getManagedArrays().size());
    }
  }

  private void run(NDManager manager, int epoch) {
    boolean alternatives = objective.needs().contains(Need.ALTERNATIVES);
    boolean retain = objective.needs().contains(Need.RETAIN);
    objective.prepare(
        new Whole(epoch, alternatives ? ALTERNATIVES : List.of(), retain ? RETAIN : List.of()));
    for (int from = 0; from < FORGET.size(); from += rows) {
      try (FakePass forget = pass(manager, FORGET, from, FakePass.Role.FORGET);
          FakePass others = pass(manager, ALTERNATIVES, from, FakePass.Role.ALTERNATIVES)) {
        Share share = share(forget, FORGET);
        Share otherShare = alternatives ? share(others, ALTERNATIVES) : null;
        add(objective::loss, new MicroBatch(share, otherShare, null, memory));
        gather("forget", forget);
        gather("alternative", others);
      }
    }
    for (int from = 0; retain && from < RETAIN.size(); from += rows) {
      try (FakePass pass = pass(manager, RETAIN, from, FakePass.Role.RETAIN)) {
        add(objective::retainLoss, new MicroBatch(null, null, share(pass, RETAIN), memory));
        gather("retain", pass);
      }
    }
  }

  private FakePass pass(NDManager manager, List<TokenSequence> all, int from, FakePass.Role role) {
    List<TokenSequence> some = all.subList(from, Math.min(all.size(), from + rows));
    return new FakePass(TokenBatch.of(manager, some), numbers, objective.needs(), role);
  }

  private static Share share(FakePass pass, List<TokenSequence> all) {
    long targets = all.stream().mapToLong(TokenSequence::targetCount).sum();
    return new Share(pass, pass.reference(), targets, all.size());
  }

  private void add(Function<ObjectiveContext, NDArray> part, ObjectiveContext context) {
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray share = part.apply(context);
      assertThat(share.getShape().dimension())
          .as("dimensions of what %s returns, %s", objective.description(), share.getShape())
          .isZero();
      collector.backward(share);
      value += share.toType(DataType.FLOAT64, false).getDouble();
    }
  }

  private void gather(String part, FakePass pass) {
    slope += pass.slope();
    pass.gradients().forEach((row, gradient) -> gradients.put(part + " " + row, gradient));
  }

  /** A micro-batch; what it does not have is null. */
  private record MicroBatch(
      @Nullable Share forgetOrNull,
      @Nullable Share alternativesOrNull,
      @Nullable Share retainOrNull,
      ObjectiveMemory memory)
      implements ObjectiveContext {
    @Override
    public Share forget() {
      return there(forgetOrNull, "sequences to forget are used in retainLoss");
    }

    @Override
    public Share alternatives() {
      return there(alternativesOrNull, "alternatives are used, but not named in needs()");
    }

    @Override
    public Share retain() {
      return there(retainOrNull, "sequences to keep are used in loss");
    }

    private static Share there(@Nullable Share share, String otherwise) {
      assertThat(share).as(otherwise).isNotNull();
      return share;
    }
  }

  /** The whole update, before its first micro-batch; the model has not taken the step. */
  private final class Whole implements UpdateContext {
    private final int epoch;
    private final List<TokenSequence> alternatives;
    private final List<TokenSequence> retain;

    Whole(int epoch, List<TokenSequence> alternatives, List<TokenSequence> retain) {
      this.epoch = epoch;
      this.alternatives = alternatives;
      this.retain = retain;
    }

    @Override
    public int epoch() {
      return epoch;
    }

    @Override
    public List<TokenSequence> forget() {
      return FORGET;
    }

    @Override
    public List<TokenSequence> alternatives() {
      return alternatives;
    }

    @Override
    public List<TokenSequence> retain() {
      return retain;
    }

    @Override
    public double[] logLikelihoods(List<TokenSequence> sequences) {
      return sequences.stream().mapToDouble(FakeNumbers::logLikelihood).toArray();
    }

    @Override
    public double[] referenceLogLikelihoods(List<TokenSequence> sequences) {
      assertThat(objective.needs()).as("needs()").contains(Need.REFERENCE_LIKELIHOODS);
      return sequences.stream().mapToDouble(FakeNumbers::referenceLogLikelihood).toArray();
    }

    @Override
    public ObjectiveMemory memory() {
      return memory;
    }
  }
}
