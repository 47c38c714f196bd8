package dev.unlearn.model;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What tells a model from others that compute something else: digests of all weights, those that
 * are not trained among them, the scales of an adapter, and, for settings that are no weights, the
 * loss of some ids, rounded so that it is the same however the work is cut. Of a model that does
 * not come from this library it is the digest of what is trained.
 *
 * @hidden not API
 */
public final class Fingerprint {
  private static final int PROBE_LENGTH = 32;

  private Fingerprint() {}

  /** Returns the fingerprint of a model. */
  public static String of(TrainableCausalLm model) {
    return model instanceof DjlCausalLm own
        ? of(own)
        : WeightsDigest.of(model.parameters().values());
  }

  private static String of(DjlCausalLm model) {
    try (Access.Turn turn = model.use()) {
      StringBuilder text = new StringBuilder(WeightsDigest.of(model.weights()));
      model
          .linears()
          .forEach(
              (path, linear) ->
                  linear.scale().ifPresent(scale -> text.append(path).append(' ').append(scale)));
      double loss = model.score(List.of(probe(model))).get(0).negativeLogLikelihood();
      return text.append(String.format(Locale.ROOT, " %.2e", loss)).toString();
    }
  }

  private static TokenSequence probe(DjlCausalLm model) {
    int length = Math.min(model.contextLength(), PROBE_LENGTH);
    return TokenSequence.of(
        IntStream.range(0, length).map(i -> i % model.vocabularySize()).toArray());
  }
}
