package dev.unlearn.eval.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.spi.Decoding;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DpDecodingTest {

  private static double[] softmax(float[] logits) {
    double highest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double[] weights = new double[logits.length];
    for (int id = 0; id < logits.length; id++) {
      weights[id] = Math.exp(logits[id] - highest);
    }
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(weight -> weight / sum).toArray();
  }

  private static float[] transformed(DpDecoding decoding, float... logits) {
    float[] changed = logits.clone();
    decoding.transform().apply(new int[] {0}, changed);
    return changed;
  }

  /** Of q = (1/2, 1/4, 1/8, 1/8) and lambda 0.6, q' is 0.6 q + 0.1. */
  @Test
  void uniformMix_byHand() {
    float[] logits = {(float) Math.log(4), (float) Math.log(2), 0, 0};
    float[] mixed = transformed(DpDecoding.uniformMix(0.6), logits);
    double[] expected = {0.4, 0.25, 0.175, 0.175};
    for (int id = 0; id < 4; id++) {
      assertThat((double) mixed[id]).isCloseTo(Math.log(expected[id]), within(1e-7));
    }
  }

  /** In float64 by the definition, with scores up to where a naive exponential overflows. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.05, 0.2, 0.5, 0.9, 0.999999, 1})
  void uniformMix_randomScores(double lambda) {
    Random random = new Random(1);
    for (double spread : new double[] {0.1, 3, 30, 300}) {
      float[] logits = new float[1_000];
      for (int id = 0; id < logits.length; id++) {
        logits[id] = (float) (spread * random.nextGaussian());
      }
      double[] q = softmax(logits);
      double[] drawnFrom = softmax(transformed(DpDecoding.uniformMix(lambda), logits));
      for (int id = 0; id < logits.length; id++) {
        double expected = lambda * q[id] + (1 - lambda) / logits.length;
        assertThat(drawnFrom[id]).isCloseTo(expected, within(1e-9 + 4e-6 * expected));
      }
    }
  }

  @Test
  void uniformMix_forbiddenToken() {
    float[] mixed =
        transformed(DpDecoding.uniformMix(0.5), 0, Float.NEGATIVE_INFINITY, 0, Float.MIN_VALUE);
    assertThat(softmax(mixed)[1]).isCloseTo(0.125, within(1e-7)); // 0.5 * 0 + 0.5 / 4
  }

  /** Scores 3, 0, -3, 4 with mean 1 and lambda 1/2 come to 2, 0.5, -1, 2.5. */
  @Test
  void logitMix_byHand() {
    assertThat(transformed(DpDecoding.logitMix(0.5), 3, 0, -3, 4))
        .containsExactly(2, .5f, -1, 2.5f);
  }

  @Test
  void logitMix_forbiddenToken() {
    assertThat(transformed(DpDecoding.logitMix(0.5), 3, Float.NEGATIVE_INFINITY, 1))
        .containsExactly(2.5f, Float.NEGATIVE_INFINITY, 1.5f);
  }

  /** Which shows that it is no mix of distributions. */
  @Test
  void logitMix_isTemperature() {
    float[] logits = {2, -1, 0.5f, 7, 3};
    float[] cooled = new float[5];
    for (int id = 0; id < 5; id++) {
      cooled[id] = logits[id] * 0.25f;
    }
    double[] drawnFrom = softmax(transformed(DpDecoding.logitMix(0.25), logits));
    for (int id = 0; id < 5; id++) {
      assertThat(drawnFrom[id]).isCloseTo(softmax(cooled)[id], within(1e-6));
    }
    double[] mixed = softmax(transformed(DpDecoding.uniformMix(0.25), logits));
    assertThat(drawnFrom[3]).isNotCloseTo(mixed[3], within(0.1));
  }

  @Test
  void decoding_drawsAtTemperatureOne() {
    Decoding mix = DpDecoding.uniformMix(0.2).decoding().newTokens(3).seed(4).build();
    assertThat(mix.temperature()).isEqualTo(1);
    assertThat(mix.topK()).isZero();
    assertThat(mix.topP()).isEqualTo(1);
    assertThat(mix.repetitionPenalty()).isEqualTo(1);
    assertThat(DpDecoding.logitMix(0.2).decoding().newTokens(3).build().topK()).isEqualTo(50);
  }

  /** lambda / (1 - lambda) = 1/4, so e^epsilon = 1 + 50,257 / 4 = 12,565.25. */
  @Test
  void epsilonPerToken_byHand() {
    assertThat(DpDecoding.uniformMix(0.2).epsilonPerToken(50_257))
        .isCloseTo(Math.log(12_565.25), within(1e-12));
    assertThat(DpDecoding.uniformMix(0).epsilonPerToken(50_257)).isZero();
    assertThat(DpDecoding.uniformMix(1).epsilonPerToken(2)).isInfinite();
    assertThat(DpDecoding.logitMix(0).epsilonPerToken(2)).isInfinite();
  }

  /**
   * No two models differ by more, and a certain one from one that excludes the token by as much.
   */
  @Test
  void epsilonPerToken_isTheLargestRatio() {
    DpDecoding decoding = DpDecoding.uniformMix(0.7);
    double epsilon = decoding.epsilonPerToken(5);
    Random random = new Random(2);
    for (int trial = 0; trial < 1_000; trial++) {
      double spread = Math.pow(10, 3 * random.nextDouble());
      float[] one = new float[5];
      float[] other = new float[5];
      for (int id = 0; id < 5; id++) {
        one[id] = (float) (spread * random.nextGaussian());
        other[id] = (float) (spread * random.nextGaussian());
      }
      float[] first = transformed(decoding, one);
      float[] second = transformed(decoding, other);
      for (int id = 0; id < 5; id++) {
        assertThat((double) first[id] - second[id]).isLessThanOrEqualTo(epsilon + 1e-6);
      }
    }
    float[] certain = transformed(decoding, 500, 0, 0, 0, 0);
    float[] excluding = transformed(decoding, 0, 500, 500, 500, 500);
    assertThat((double) certain[0] - excluding[0]).isCloseTo(epsilon, within(1e-6));
  }

  @Test
  void factories_badValues() {
    for (double lambda : new double[] {-1e-9, 1.5, Double.NaN}) {
      assertThatThrownBy(() -> DpDecoding.uniformMix(lambda))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("lambda must be in [0, 1], but was: " + lambda);
      assertThatThrownBy(() -> DpDecoding.logitMix(lambda))
          .hasMessage("lambda must be in [0, 1], but was: " + lambda);
    }
    assertThatThrownBy(() -> DpDecoding.uniformMix(0.5).epsilonPerToken(0))
        .hasMessage("vocabularySize must be >= 1, but was: 0");
    assertThatThrownBy(() -> DpDecoding.uniformMix(0.5).extractionLikelihood(3, 0, 1))
        .hasMessage("prefixes must be >= 1, but was: 0");
    assertThatThrownBy(() -> DpDecoding.uniformMix(0.5).extractionLikelihood(0, 1, 1))
        .hasMessage("order must be >= 1, but was: 0");
    assertThatThrownBy(() -> DpDecoding.logitMix(0.5).expectedAccuracy())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "expected accuracy must be of a uniform mix, but was asked of a logit mix; measure"
                + " MemorizationAccuracy on applied(model, seed)");
  }
}
