package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The model as it was before the run. There is no second copy of it: the snapshot, which the run
 * has anyway, and the weights change places for as long as a question takes. With an adapter the
 * weights are the adapter's alone, so that this is switching it off.
 */
final class OriginalModel {
  private final TrainableCausalLm model;
  private final Snapshot snapshot;
  private final IdentityHashMap<TokenSequence, Double> likelihoods = new IdentityHashMap<>();

  OriginalModel(TrainableCausalLm model, Snapshot snapshot) {
    this.model = model;
    this.snapshot = snapshot;
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

  /**
   * Measures sequences that will be asked about again and again; they cost nothing from then on.
   */
  void remember(List<TokenSequence> sequences) {
    double[] values = logLikelihoods(sequences);
    for (int i = 0; i < values.length; i++) {
      likelihoods.put(sequences.get(i), values[i]);
    }
  }

  /** Returns the summed log-probability of the targets of each sequence, in nats. */
  double[] logLikelihoods(List<TokenSequence> sequences) {
    List<TokenSequence> unknown =
        sequences.stream().filter(sequence -> !likelihoods.containsKey(sequence)).toList();
    double[] fresh = unknown.isEmpty() ? new double[0] : ask(() -> logLikelihoods(model, unknown));
    int next = 0;
    double[] values = new double[sequences.size()];
    for (int i = 0; i < values.length; i++) {
      Double known = likelihoods.get(sequences.get(i));
      values[i] = known == null ? fresh[next++] : known;
    }
    return values;
  }

  static double[] logLikelihoods(CausalLm model, List<TokenSequence> sequences) {
    return model.score(sequences).stream().mapToDouble(s -> -s.negativeLogLikelihood()).toArray();
  }

  /** Returns what is wanted about a batch; the rest is refused when it is asked for. */
  Reference reference(TokenBatch batch, boolean likelihoods, boolean logits, boolean states) {
    NDArray sums = likelihoods ? sums(batch) : null;
    if (!logits && !states) {
      return new Answers(sums, null, null);
    }
    return ask(
        () -> {
          Pass pass = model.passWithoutGradients(batch);
          return new Answers(sums, logits ? pass.logits() : null, states ? pass : null);
        });
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
    return new Answers(null, null, null);
  }

  private record Answers(
      @Nullable NDArray logLikelihoodsOrNull, @Nullable NDArray logitsOrNull, @Nullable Pass pass)
      implements Reference {

    @Override
    public NDArray logLikelihoods() {
      return asked(logLikelihoodsOrNull, "log-likelihoods");
    }

    @Override
    public NDArray logits() {
      return asked(logitsOrNull, "logits");
    }

    @Override
    public NDArray hiddenStates(int layer) {
      return asked(pass, "hidden states").hiddenStates(layer);
    }

    private static <T> T asked(@Nullable T answer, String what) {
      checkState(
          answer != null,
          "%s of the original model must be named in the objective's needs() to be asked for here",
          what);
      return answer;
    }
  }
}
