package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNullElseGet;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The model as it was before the run. There needs to be no second copy of it. Passes compute with
 * the snapshot, which the run has anyway, in the place of the weights; for likelihoods, and where a
 * model cannot do that, the two change places for as long as a question takes. With an adapter the
 * weights are the adapter's alone, so that a new one is switched off by it. A second copy, where
 * there is one, is asked instead.
 */
final class OriginalModel {
  private final TrainableCausalLm model;
  private final Snapshot snapshot;
  private final @Nullable TrainableCausalLm copy;
  private final MeasuringProgress progress;

  /** Log-likelihoods by identity: for the whole run, and for the present update. */
  private final IdentityHashMap<TokenSequence, Double> remembered = new IdentityHashMap<>();

  private final IdentityHashMap<TokenSequence, Double> ofUpdate = new IdentityHashMap<>();

  /**
   * Creates the original of a model.
   *
   * @param copy a second copy of it, which is asked instead of the snapshot; may be on another
   *     device
   * @param progress hears of every group of sequences that is measured
   */
  OriginalModel(
      TrainableCausalLm model,
      Snapshot snapshot,
      @Nullable TrainableCausalLm copy,
      MeasuringProgress progress) {
    this.model = model;
    this.snapshot = snapshot;
    this.copy = copy;
    this.progress = progress;
  }

  /** Refuses to go on where a question failed before its end. */
  void checkInPlace() {
    snapshot.checkInPlace();
  }

  /** Answers with the original weights in place. No graph over the weights may be waiting. */
  <T> T ask(Supplier<T> question) {
    snapshot.swap();
    try {
      return question.get();
    } finally {
      snapshot.swap();
    }
  }

  static OriginalModel known(@Nullable OriginalModel original) {
    checkState(original != null, "an objective that compares with the original model needs a run");
    return original;
  }

  /** Measures sequences that will be asked about in many updates. */
  void remember(List<TokenSequence> sequences) {
    measure(sequences, remembered);
  }

  /** Measures, in one question, what an update has that is not remembered. */
  void expect(UpdateData data) {
    ofUpdate.clear();
    measure(Stream.of(data.forget(), data.alternatives()).flatMap(List::stream).toList(), ofUpdate);
  }

  private void measure(List<TokenSequence> sequences, Map<TokenSequence, Double> likelihoods) {
    List<TokenSequence> unknown =
        sequences.stream().filter(sequence -> known(sequence) == null).toList();
    if (!unknown.isEmpty()) {
      double[] values =
          copy == null
              ? ask(() -> logLikelihoods(another(model, unknown), unknown))
              : logLikelihoods(another(copy, unknown), unknown);
      for (int i = 0; i < values.length; i++) {
        likelihoods.put(unknown.get(i), values[i]);
      }
    }
  }

  /** Returns the summed log-probability of the targets of each sequence, in nats. */
  double[] logLikelihoods(List<TokenSequence> sequences) {
    IdentityHashMap<TokenSequence, Double> fresh = new IdentityHashMap<>();
    measure(sequences, fresh);
    return sequences.stream()
        .mapToDouble(s -> requireNonNullElseGet(known(s), () -> fresh.get(s)))
        .toArray();
  }

  /** Scores in groups, between which it can be cancelled. */
  private RememberingCausalLm another(TrainableCausalLm asked, List<TokenSequence> sequences) {
    RememberingCausalLm scoring = new RememberingCausalLm(asked);
    scoring.measuring("the original model", sequences, progress);
    return scoring;
  }

  private @Nullable Double known(TokenSequence sequence) {
    Double known = remembered.get(sequence);
    return known == null ? ofUpdate.get(sequence) : known;
  }

  static double[] logLikelihoods(CausalLm model, List<TokenSequence> sequences) {
    return model.score(sequences, ScoreDetail.TARGETS).stream()
        .mapToDouble(scores -> -scores.negativeLogLikelihood())
        .toArray();
  }

  /**
   * Returns what is wanted about a batch; the rest is refused when it is asked for.
   *
   * @param highestLayer the highest layer whose hidden states are wanted, or -1 for none
   */
  Reference reference(TokenBatch batch, boolean likelihoods, boolean logits, int highestLayer) {
    NDArray sums = likelihoods ? sums(batch) : null;
    if (!logits && highestLayer < 0) {
      return new Answers(sums, null, null, highestLayer);
    }
    if (copy != null) {
      Pass pass = new PassElsewhere(copy, batch);
      return answers(sums, logits ? Logits.of(pass) : null, pass, highestLayer);
    }
    return model
        .passWithoutGradients(batch, snapshot.values())
        .map(pass -> answers(sums, logits ? Logits.of(pass) : null, pass, highestLayer))
        .orElseGet(() -> ask(() -> swapped(batch, sums, logits, highestLayer)));
  }

  /** All at once: the original weights are in place for the moment. */
  private Answers swapped(
      TokenBatch batch, @Nullable NDArray sums, boolean logits, int highestLayer) {
    Pass pass = model.passWithoutGradients(batch);
    if (highestLayer >= 0 && model.info().layerCount() > 0) {
      // Everything below comes with it.
      NDArray unused = pass.hiddenStates(Math.min(highestLayer, model.info().layerCount()));
    }
    return answers(sums, logits ? Logits.of(pass.logits()) : null, pass, highestLayer);
  }

  private static Answers answers(
      @Nullable NDArray sums, @Nullable Logits logits, Pass pass, int highestLayer) {
    return new Answers(sums, logits, highestLayer >= 0 ? pass : null, highestLayer);
  }

  private NDArray sums(TokenBatch batch) {
    double[] values = logLikelihoods(batch.sequences());
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return batch.manager().create(floats, new Shape(floats.length));
  }

  /** Says nothing: for objectives that ask nothing. */
  static Reference silent() {
    return new Answers(null, null, null, -1);
  }

  /** Logits of a batch: the whole of them, and those of some places. */
  private record Logits(Supplier<NDArray> whole, Function<long[], NDArray> at) {
    static Logits of(Pass pass) {
      return new Logits(pass::logits, pass::logitsAt);
    }

    static Logits of(NDArray all) {
      NDArray flat = all.reshape(new Shape(-1, all.getShape().get(2)));
      return new Logits(() -> all, places -> flat.get(all.getManager().create(places)));
    }
  }

  private record Answers(
      @Nullable NDArray logLikelihoodsOrNull,
      @Nullable Logits logitsOrNull,
      @Nullable Pass pass,
      int highestLayer)
      implements Reference {

    @Override
    public NDArray logLikelihoods() {
      return asked(logLikelihoodsOrNull, "log-likelihoods");
    }

    @Override
    public NDArray logits() {
      return asked(logitsOrNull, "logits").whole().get();
    }

    @Override
    public NDArray logitsAt(long[] places) {
      return asked(logitsOrNull, "logits").at().apply(places);
    }

    @Override
    public NDArray hiddenStates(int layer) {
      Pass known = asked(pass, "hidden states");
      checkState(
          layer <= highestLayer,
          "hidden states of the original model can be asked for up to the objective's"
              + " highestReferenceLayer() (%s), but layer was: %s",
          highestLayer,
          layer);
      return known.hiddenStates(layer);
    }

    private static <T> T asked(@Nullable T answer, String what) {
      checkState(
          answer != null,
          "%s of the original model can be asked for only where the objective's needs() name them",
          what);
      return answer;
    }
  }
}
