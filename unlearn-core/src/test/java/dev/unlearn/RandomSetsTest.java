package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences and sets: made exactly if they are good, else refused by position or index, rule
 * and value; no message shows an id, all of which begin with 731.
 */
final class RandomSetsTest {
  private static final int CASES = 5_000;

  @Test
  void sequence_random() {
    Property.holds(
        CASES,
        random -> {
          int[] ids = ids(random, random.nextInt(6));
          int negative = -1;
          if (ids.length > 0 && random.nextInt(4) == 0) {
            negative = random.nextInt(ids.length);
            ids[negative] = -1 - random.nextInt(Integer.MAX_VALUE);
          }
          String rule =
              ids.length == 0
                  ? "must hold at least one id, but was empty"
                  : negative >= 0
                      ? "must be >= 0, but was: " + ids[negative] + " at position " + negative
                      : "";
          TokenSequence made = made(rule, () -> TokenSequence.of(ids));
          if (made != null) {
            assertThat(made.ids()).isEqualTo(ids);
            promptAndHead(random, made);
          }
        });
  }

  private static void promptAndHead(SplittableRandom random, TokenSequence sequence) {
    int length = sequence.length();
    int prompt = number(random, length);
    boolean good = prompt >= 0 && prompt < length;
    String rule = "promptLength must be in [0, " + length + "), but was: " + prompt;
    TokenSequence prompted = made(good ? "" : rule, () -> sequence.withPromptLength(prompt));
    if (prompted == null) {
      return;
    }
    assertThat(prompted.targetCount()).isEqualTo(length - Math.max(1, prompt));
    int kept = number(random, length);
    good = kept > prompt && kept <= length;
    rule = "head must keep (" + prompt + ", " + length + "] tokens, but was: " + kept;
    TokenSequence head = made(good ? "" : rule, () -> prompted.head(kept));
    if (head != null) {
      assertThat(head.ids()).isEqualTo(prompted.ids(0, kept));
      assertThat(head.promptLength()).isEqualTo(prompt);
    }
  }

  @Test
  void set_random() {
    Property.holds(
        CASES,
        random -> {
          List<TokenSequence> sequences = sequences(random, random.nextInt(4));
          ForgetSet set =
              made(
                  sequences.isEmpty()
                      ? "must hold at least one sequence, but was empty"
                      : noTarget("sequence %s has no target", sequences),
                  () -> ForgetSet.of(sequences));
          if (set != null) {
            assertThat(set.sequences()).isEqualTo(sequences);
            alternatives(random, set);
          }
        });
  }

  private static void alternatives(SplittableRandom random, ForgetSet set) {
    int count = random.nextInt(4) == 0 ? random.nextInt(4) : set.size();
    List<List<TokenSequence>> alternatives = new ArrayList<>();
    String rule =
        count == set.size() ? "" : "each of " + set.size() + " sequences, but there were for ";
    for (int index = 0; index < count; index++) {
      List<TokenSequence> some = sequences(random, random.nextInt(8) == 0 ? 0 : 1);
      alternatives.add(some);
      if (rule.isEmpty() && some.isEmpty()) {
        rule = "sequence " + index + " must have an alternative, but had none";
      } else if (rule.isEmpty()) {
        rule = noTarget("alternative to sequence " + index + " has no target", some);
      }
    }
    ForgetSet made = made(rule, () -> set.withAlternatives(alternatives));
    if (made != null) {
      assertThat(made.alternatives()).isEqualTo(alternatives);
      assertThat(made.sequences()).isEqualTo(set.sequences());
    }
  }

  private static String noTarget(String rule, List<TokenSequence> sequences) {
    for (int index = 0; index < sequences.size(); index++) {
      if (sequences.get(index).length() == 1) {
        return rule.formatted(index);
      }
    }
    return "";
  }

  /** Returns what is made; null if it is refused, by this rule. */
  private static <T> T made(String rule, Callable<T> maker) {
    List<T> made = new ArrayList<>();
    Throwable refused = catchThrowable(() -> made.add(maker.call()));
    if (rule.isEmpty()) {
      assertThat(refused).isNull();
      assertThat(made.get(0).toString()).doesNotContain("731");
      return made.get(0);
    }
    assertThat(refused).isExactlyInstanceOf(IllegalArgumentException.class);
    assertThat(refused.getMessage()).contains(rule).doesNotContainPattern("(?<![-\\d])731\\d{3}");
    return null;
  }

  private static List<TokenSequence> sequences(SplittableRandom random, int count) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = random.nextInt(6) == 0 ? 1 : 2 + random.nextInt(4);
      sequences.add(TokenSequence.of(ids(random, length)).withPromptLength(length / 2));
    }
    return sequences;
  }

  private static int[] ids(SplittableRandom random, int length) {
    return random.ints(length, 731_000, 732_000).toArray();
  }

  /** Returns a number that may be far out, or just outside or inside of [0, length]. */
  private static int number(SplittableRandom random, int length) {
    return switch (random.nextInt(8)) {
      case 0 -> Integer.MIN_VALUE;
      case 1 -> Integer.MAX_VALUE;
      default -> random.nextInt(-1, length + 2);
    };
  }
}
