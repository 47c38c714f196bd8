package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of which one cannot be worked with, in each place where a run takes some. They
 * are refused by index, rule and value, ids kept secret, before anything is touched.
 */
@Tag("engine")
final class BadSetsTest {
  private static final int CASES = 120;

  /** What no message may show: the ids of all sequences here are of this kind or below 20. */
  private static final Pattern SECRET = Pattern.compile("(?<!\\d)731\\d{3}(?!\\d)");

  private static TrainableCausalLm model;
  private static String original;

  @BeforeAll
  static void open() {
    model = TinyModel.gpt2(1);
    original = WeightsDigest.of(model);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  /** Sequences of which the one at an index is bad, and what is said of it. */
  private record Bad(List<TokenSequence> sequences, int index, String rule) {}

  @Test
  void set_bad() {
    Property.holds(
        CASES,
        random -> {
          Bad bad = bad(random);
          refuses(Unlearner.builder(), ForgetSet.of(bad.sequences()), "sequence", bad);
        });
  }

  @Test
  void alternatives_bad() {
    Property.holds(
        CASES,
        random -> {
          Bad bad = bad(random);
          int owner = random.nextInt(3);
          List<List<TokenSequence>> alternatives = new ArrayList<>();
          for (int index = 0; index < 3; index++) {
            alternatives.add(index == owner ? bad.sequences() : List.of(good(random)));
          }
          refuses(
              Unlearner.builder().objective(Objectives.dpo(0.1)),
              ForgetSet.of(good(random), good(random), good(random)).withAlternatives(alternatives),
              "sequence " + owner + ": alternative",
              bad);
        });
  }

  @Test
  void retain_bad() {
    Property.holds(
        CASES,
        random -> {
          Bad bad = bad(random);
          refuses(
              Unlearner.builder()
                  .objective(Objectives.gradientDifference(1))
                  .retain(Corpus.of(bad.sequences())),
              ForgetSet.of(good(random)),
              "text to retain",
              bad);
        });
  }

  @Test
  void validation_bad() {
    Property.holds(
        CASES,
        random -> {
          Bad bad = bad(random);
          refuses(
              Unlearner.builder()
                  .guard(UtilityGuards.perplexity(Corpus.of(bad.sequences())).maxIncrease(1)),
              ForgetSet.of(good(random)),
              "guard max-increase(perplexity on Corpus[sequences="
                  + bad.sequences().size()
                  + "], 1.0): sequence",
              bad);
        });
  }

  /** Text longer than the context is cut, so only ids can be wrong. */
  @Test
  void unseen_bad() {
    Property.holds(
        CASES,
        random -> {
          List<TokenSequence> sequences = goods(random);
          int index = random.nextInt(sequences.size());
          sequences.set(index, wrongId(random));
          refuses(
              Unlearner.builder().unseen(Corpus.of(sequences)),
              ForgetSet.of(good(random)),
              "unseen",
              new Bad(sequences, index, "must hold ids of the vocabulary, [0, 20)"));
        });
  }

  /** By their ids, whatever else is said of them; messages say where, not what. */
  @Test
  void others_areToBeForgotten() {
    List<TokenSequence> texts = TinyModel.random(1, 4, 12);
    ForgetSet set = ForgetSet.of(texts.subList(2, 4));
    Corpus others = Corpus.of(List.of(texts.get(0), texts.get(1), texts.get(3).withName("case")));

    assertThatThrownBy(() -> Unlearner.builder().unseen(others).order(3).build().forget(model, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "unseen text must not be what is to be forgotten, but its sequence 2 is sequence 1 of"
                + " that");
    assertThatThrownBy(
            () ->
                Unlearner.builder()
                    .objective(Objectives.gradientDifference(1))
                    .retain(others)
                    .stopWhen(StoppingCriteria.maxEpochs(1))
                    .build()
                    .forget(model, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("text to retain must not be what is to be forgotten, but its");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  private static void refuses(UnlearnerBuilder builder, ForgetSet set, String what, Bad bad) {
    Unlearner unlearner =
        (what.equals("unseen")
                ? builder
                : builder.stopWhen(
                    progress -> {
                      throw new AssertionError("the run should have been refused");
                    }))
            .build();
    Throwable refused = catchThrowable(() -> unlearner.forget(model, set));
    assertThat(refused).isExactlyInstanceOf(IllegalArgumentException.class);
    for (Throwable e = refused; e != null; e = e.getCause()) {
      assertThat(e.toString()).doesNotContainPattern(SECRET);
    }
    assertThat(refused.getMessage())
        .startsWith(what)
        .contains(" " + bad.index() + " ")
        .contains(bad.rule());
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  private static Bad bad(SplittableRandom random) {
    List<TokenSequence> sequences = goods(random);
    int index = random.nextInt(sequences.size());
    String rule;
    if (random.nextBoolean()) {
      sequences.set(index, wrongId(random));
      rule = "must hold ids of the vocabulary, [0, 20), but holds another at position ";
    } else {
      int length = TinyModel.CONTEXT + 1 + random.nextInt(100);
      sequences.set(index, sequence(random, length));
      rule = "has " + length + " tokens; the model's context length allows at most 32";
    }
    return new Bad(sequences, index, rule);
  }

  private static TokenSequence wrongId(SplittableRandom random) {
    int[] ids = good(random).ids();
    ids[random.nextInt(ids.length)] = 731_000 + random.nextInt(1_000);
    return TokenSequence.of(ids).withPromptLength(random.nextInt(ids.length));
  }

  private static List<TokenSequence> goods(SplittableRandom random) {
    List<TokenSequence> sequences = new ArrayList<>();
    IntStream.range(0, 1 + random.nextInt(4)).forEach(i -> sequences.add(good(random)));
    return sequences;
  }

  private static TokenSequence good(SplittableRandom random) {
    return sequence(random, 12 + random.nextInt(TinyModel.CONTEXT - 11));
  }

  private static TokenSequence sequence(SplittableRandom random, int length) {
    TokenSequence sequence =
        TokenSequence.of(random.ints(length, 0, TinyModel.VOCABULARY).toArray());
    return random.nextBoolean() ? sequence : sequence.withPromptLength(random.nextInt(length));
  }
}
