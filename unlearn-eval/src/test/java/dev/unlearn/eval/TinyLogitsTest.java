package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.Gson;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Numbers computed outside this library from logits; the file says how. */
final class TinyLogitsTest {
  /** Scores are floats. */
  private static final Offset<Double> FLOAT = within(1e-7);

  private static List<Golden> golden;

  record Golden(
      List<Integer> ids,
      int promptLength,
      List<List<Double>> logits,
      double probability,
      double exactMemorization,
      double extractionStrength) {
    TokenSequence sequence() {
      return TokenSequence.of(ids.stream().mapToInt(id -> id).toArray())
          .withPromptLength(promptLength);
    }

    TokenScores scores() {
      float[] logProbabilities = new float[ids.size() - 1];
      int[] greedy = new int[ids.size() - 1];
      for (int position = 0; position < greedy.length; position++) {
        double[] row = logits.get(position).stream().mapToDouble(logit -> logit).toArray();
        double sum = Arrays.stream(row).map(Math::exp).sum();
        logProbabilities[position] = (float) (row[ids.get(position + 1)] - Math.log(sum));
        greedy[position] =
            IntStream.range(0, row.length)
                .reduce((best, id) -> row[id] > row[best] ? id : best)
                .orElseThrow();
      }
      return new TokenScores(sequence(), logProbabilities, greedy);
    }
  }

  record File(String about, List<Golden> sequences) {}

  /** A model of these sequences only. */
  private static final class LogitsModel implements CausalLm {
    @Override
    public List<TokenScores> score(List<TokenSequence> sequences) {
      return sequences.stream()
          .map(sequence -> golden.stream().filter(g -> g.sequence().equals(sequence)))
          .map(matches -> matches.findFirst().orElseThrow().scores())
          .toList();
    }

    @Override
    public List<int[]> generate(
        List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int vocabularySize() {
      return 11;
    }

    @Override
    public int contextLength() {
      return 7;
    }

    @Override
    public Tokenizer tokenizer() {
      throw new UnsupportedOperationException();
    }

    @Override
    public ModelInfo info() {
      throw new UnsupportedOperationException();
    }
  }

  @BeforeAll
  static void read() throws IOException {
    try (Reader reader =
        new InputStreamReader(
            TinyLogitsTest.class.getResourceAsStream("tiny-logits.json"), StandardCharsets.UTF_8)) {
      golden = new Gson().fromJson(reader, File.class).sequences();
    }
  }

  @Test
  void probability_golden() {
    for (Metric metric : List.of(Probability.of(), Probability.openUnlearningCompat())) {
      List<Double> probabilities = measure(metric).perSequence();
      for (int index = 0; index < golden.size(); index++) {
        assertThat(probabilities.get(index)).isCloseTo(golden.get(index).probability(), FLOAT);
      }
    }
  }

  @Test
  void openUnlearningCompat_golden() {
    assertThat(measure(ExactMemorization.openUnlearningCompat()).perSequence())
        .isEqualTo(golden.stream().map(Golden::exactMemorization).toList());
    assertThat(measure(ExtractionStrength.openUnlearningCompat()).perSequence())
        .isEqualTo(golden.stream().map(Golden::extractionStrength).toList());
  }

  /** The model misses every target, so strictly all is 0, where Open-Unlearning has 1/4 and 1/2. */
  @Test
  void extractionStrength_nothingRecited() {
    assertThat(measure(ExtractionStrength.of()).perSequence()).containsExactly(0.0, 0.0, 0.0);
  }

  private static MetricResult measure(Metric metric) {
    return metric.measure(new LogitsModel(), golden.stream().map(Golden::sequence).toList());
  }
}
