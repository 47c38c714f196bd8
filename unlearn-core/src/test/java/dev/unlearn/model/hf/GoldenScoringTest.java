package dev.unlearn.model.hf;

import static dev.unlearn.model.PlainScores.assertScored;
import static dev.unlearn.model.PlainScores.choices;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.TestSequences;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Scoring of sequences that share prompts, in each family, against each sequence by itself. */
@Tag("engine")
@ParameterizedClass
@MethodSource("dev.unlearn.model.hf.GoldenFolder#models")
final class GoldenScoringTest {
  @Parameter String name;

  private TrainableCausalLm model;

  @BeforeEach
  void open() {
    model = CausalLms.load(GoldenFolder.of(name));
  }

  @AfterEach
  void close() {
    model.close();
  }

  @ParameterizedTest
  @EnumSource
  void score_choicesOfSeveralQuestions(ScoreDetail detail) {
    int vocabulary = model.vocabularySize();
    List<TokenSequence> sequences = new ArrayList<>();
    sequences.addAll(choices(1, vocabulary, 14, 3, 1, 9, 5));
    sequences.addAll(TestSequences.random(2, vocabulary, 1, 20, 2));
    sequences.addAll(choices(3, vocabulary, 1, 7, 2, 2, 1));
    sequences.addAll(choices(4, vocabulary, 25, 1, 1, 1));
    sequences.addAll(choices(5, vocabulary, 8, 11));
    Collections.shuffle(sequences, new Random(6));
    sequences.addAll(sequences.subList(0, 4)); // twice in one call

    assertScored(model, sequences, detail);
  }

  /** Together far longer than the context, and more than one row. */
  @Test
  void score_manyChoicesUpToTheContext() {
    int prompt = model.contextLength() / 2;
    int[] targets = IntStream.range(0, 40).map(i -> prompt - i % 7).toArray();

    assertScored(model, choices(7, model.vocabularySize(), prompt, targets), ScoreDetail.TARGETS);
  }
}
