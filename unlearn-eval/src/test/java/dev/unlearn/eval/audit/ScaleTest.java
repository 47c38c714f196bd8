package dev.unlearn.eval.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.unlearn.eval.ExactMemorization;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ExtractionStrength;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.eval.Probability;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.eval.VerbatimMemorization;
import dev.unlearn.eval.baseline.DpDecoding;
import dev.unlearn.spi.Metric;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** That reports know every metric of the library: any other has no interval of few values. */
final class ScaleTest {
  private static final List<Metric> SHARES =
      List.of(
          ExtractionLikelihood.of(3),
          ExtractionLikelihood.of(3).sampled(4),
          ExtractionLikelihood.of(3).sampled(4, 5),
          ExtractionLikelihood.paperCompat(3, 200, 0),
          MemorizationAccuracy.of(),
          MemorizationAccuracy.paperCompat(200, 0),
          ExactMemorization.of(),
          ExactMemorization.openUnlearningCompat(),
          ExtractionStrength.of(),
          ExtractionStrength.openUnlearningCompat(),
          Probability.of(),
          Probability.openUnlearningCompat(),
          VerbatimMemorization.of(128),
          VerbatimMemorization.openUnlearningCompat(128).endingWith(2),
          DpDecoding.uniformMix(0.5).expectedAccuracy(),
          DpDecoding.logitMix(0.5).extractionLikelihood(3, 4, 5));

  static Stream<Arguments> metrics() {
    return Stream.concat(
        SHARES.stream().map(metric -> arguments(metric, Scale.SHARE)),
        Stream.of(
            arguments(TokenLoss.of(), Scale.TOKEN_MEAN),
            arguments(Perplexity.of(), Scale.EXPONENTIAL)));
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void of_everyMetric(Metric metric, Scale scale) {
    assertThat(Scale.of(metric.key())).isEqualTo(scale);
  }

  @Test
  void metrics_areAll() throws IOException, URISyntaxException {
    Set<Class<?>> known =
        metrics()
            .<Class<?>>map(arguments -> arguments.get()[0].getClass())
            .collect(Collectors.toSet());
    assertThat(known).containsExactlyInAnyOrderElementsOf(implementations());
  }

  private static List<Class<?>> implementations() throws IOException, URISyntaxException {
    Path classes =
        Path.of(TokenLoss.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.walk(classes)) {
      return files
          .map(file -> classes.relativize(file).toString())
          .filter(name -> name.endsWith(".class") && !name.endsWith("-info.class"))
          .map(name -> name.replace(".class", "").replaceAll("[/\\\\]", "."))
          .<Class<?>>map(ScaleTest::loaded)
          .filter(type -> Metric.class.isAssignableFrom(type) && !type.isInterface())
          .toList();
    }
  }

  /** Not initialized: libraries that are optional may be missing. */
  private static Class<?> loaded(String name) {
    try {
      return Class.forName(name, false, ScaleTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"knowmem", "rougeL_recall_200", "acc", "acc_norm"})
  void of_otherShares(String key) {
    assertThat(Scale.of(key)).isEqualTo(Scale.SHARE);
  }

  @Test
  void of_whatIsNotKnown() {
    assertThat(Scale.of("mine")).isEqualTo(Scale.NUMBER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "verbmem_128|Verbatim memorization, 128 tokens",
        "verbmem_128_open_unlearning_eos_2|Verbatim memorization, 128 tokens (Open-Unlearning)",
        "rougeL_recall_200|Answer recall, 200 tokens",
        "knowmem|Knowledge memorization",
      })
  void titles_ofWhatIsDecoded(String key, String title) {
    assertThat(MetricTitles.of(key)).isEqualTo(title);
  }
}
