package dev.unlearn.eval.extraction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.Ints;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Texts are 20 tokens: a prompt of 4 and 16 targets; the model says 0 where it knows nothing. */
final class PrefixProbesTest {
  private static final int VOCABULARY = 1000;
  private static final ForgetSet SET = ForgetSet.of(texts(100, 8));
  private static final List<TokenSequence> UNSEEN = texts(500, 16);

  /** What the table knows of {@link #SET}: the tokens at these positions, after all before them. */
  private static FakeCausalLm knowing(IntPredicate positions) {
    Map<List<Integer>, Integer> table = new HashMap<>();
    for (TokenSequence text : SET.sequences()) {
      for (int position = 1; position < text.length(); position++) {
        if (positions.test(position)) {
          table.put(Ints.asList(text.ids(0, position)), text.id(position));
        }
      }
    }
    return FakeCausalLm.ofLookup(VOCABULARY, 0, table);
  }

  private static AttackContext of(FakeCausalLm model) {
    return AttackContext.of(model, SET, UNSEEN);
  }

  @Test
  void afterTrueTokens_forgottenAtTheFirstTokenOnly() {
    FakeCausalLm shallow = knowing(position -> position > 4);
    AttackResult result = PrefixProbes.afterTrueTokens().run(of(shallow));

    assertThat(result.attack()).isEqualTo("after_true_tokens_lcs");
    assertThat(result.points())
        .extracting(AttackPoint::setting)
        .containsExactly(
            "0 true tokens", "1 true token", "2 true tokens", "4 true tokens", "8 true tokens");
    assertThat(forgotten(result)).containsExactly(0.0, 1.0, 1.0, 1.0, 1.0);
    assertThat(result.points().get(1).unseen().orElseThrow().value()).isEqualTo(0);
    assertThat(result.points().get(1).excess().orElseThrow().value()).isEqualTo(1);
    assertThat(result.recovery()).isEqualTo(Recovery.COMES_BACK);
  }

  @Test
  void afterTrueTokens_forgotten() {
    AttackResult few = PrefixProbes.afterTrueTokens().run(of(knowing(position -> false)));
    AttackResult many =
        PrefixProbes.afterTrueTokens()
            .run(
                AttackContext.of(
                    knowing(position -> false), ForgetSet.of(texts(200, 100)), texts(500, 100)));

    assertThat(forgotten(few)).containsOnly(0.0);
    assertThat(few.recovery()).isEqualTo(Recovery.UNDECIDED);
    assertThat(many.recovery()).isEqualTo(Recovery.NOT_SEEN);
  }

  /** The positions known are those from a quarter of the targets on. */
  @Test
  void afterTrueTokens_inNgrams() {
    FakeCausalLm model = knowing(position -> position > 8);
    AttackResult result =
        PrefixProbes.afterTrueTokens(Overlap.ngrams(10), 3, 5, 6, 7).run(of(model));

    assertThat(result.attack()).isEqualTo("after_true_tokens_overlap_10");
    // After 7 of 16 tokens there are 9 left: too few.
    assertThat(result.points()).extracting(AttackPoint::strength).containsExactly(3.0, 5.0, 6.0);
    assertThat(forgotten(result)).containsExactly(0.0, 1.0, 1.0);
    // Continuations of one text share its scores; one call decodes all points.
    assertThat(model.continuing()).isEqualTo(2);
  }

  @Test
  void hitsAfterTrueTokens_byHand() {
    AttackResult result =
        PrefixProbes.hitsAfterTrueTokens(0, 8, 15, 16).run(of(knowing(position -> position >= 14)));

    // Known are the last 6 of 16 targets; after 8 of them 6 of 8, after 15 the last.
    assertThat(result.metric()).isEqualTo("ma");
    assertThat(result.points()).extracting(AttackPoint::strength).containsExactly(0.0, 8.0, 15.0);
    assertThat(forgotten(result)).containsExactly(6 / 16.0, 6 / 8.0, 1.0);
    assertThat(PrefixProbes.hitsAfterTrueTokens().key()).isEqualTo("hits_after_true_tokens");
  }

  @Test
  void laterStarts_onlyTheMiddleIsKnown() {
    // Two tokens before the middle (position 12) and what follows them, without what comes before.
    Map<List<Integer>, Integer> table = new HashMap<>();
    for (TokenSequence text : SET.sequences()) {
      for (int position = 12; position < text.length(); position++) {
        table.put(Ints.asList(text.ids(10, position)), text.id(position));
      }
    }
    AttackResult result =
        PrefixProbes.laterStarts(Overlap.verbatim(), 1, 2)
            .run(of(FakeCausalLm.ofLookup(VOCABULARY, 0, table)));

    assertThat(result.attack()).isEqualTo("later_starts_verbatim");
    assertThat(forgotten(result)).containsExactly(0.0, 1.0);
    assertThat(result.recovery()).isEqualTo(Recovery.COMES_BACK);
  }

  /** Starts are at 4, 8 and 12 of 16 targets; all is known, but only after the prompt. */
  @Test
  void laterStarts_neitherPromptNorFewerTokens() {
    FakeCausalLm model = knowing(position -> true);
    AttackResult result = PrefixProbes.laterStarts(Overlap.verbatim(), 4, 8, 12, 16).run(of(model));

    assertThat(result.points()).extracting(AttackPoint::strength).containsExactly(4.0, 8.0, 12.0);
    assertThat(forgotten(result)).containsOnly(0.0);
  }

  /** Of three targets a quarter is none: what begins there is not later. */
  @Test
  void laterStarts_fewTargets() {
    TokenSequence text = TokenSequence.of(9, 1, 2, 3).withPromptLength(1);
    FakeCausalLm model =
        FakeCausalLm.ofLookup(10, 1, Map.of(List.of(9, 1), 2, List.of(9, 1, 2), 3));
    AttackResult result =
        PrefixProbes.laterStarts(Overlap.verbatim(), 1)
            .run(AttackContext.builder(model, ForgetSet.of(text)).build());

    assertThat(forgotten(result)).containsExactly(0.0);
  }

  @Test
  void truncated_onlyTheLastTwoOfThePrompt() {
    Map<List<Integer>, Integer> table = new HashMap<>();
    for (TokenSequence text : SET.sequences()) {
      for (int position = 4; position < text.length(); position++) {
        table.put(Ints.asList(text.ids(2, position)), text.id(position));
      }
    }
    AttackResult result =
        PrefixProbes.truncated(Overlap.longestCommonSubsequence(), 1, 2, 4)
            .run(of(FakeCausalLm.ofLookup(VOCABULARY, 0, table)));

    assertThat(result.points())
        .extracting(AttackPoint::setting)
        .containsExactly("last 1 token", "last 2 tokens", "all of it"); // all are four
    assertThat(result.points()).extracting(AttackPoint::strength).containsExactly(1.0, 2.0, 8.0);
    assertThat(forgotten(result)).containsExactly(0.0, 1.0, 0.0);
  }

  @Test
  void truncated_halvesOfTextsWithoutPrompt() {
    TokenSequence text = TokenSequence.of(9, 1, 2, 3, 4);
    FakeCausalLm model =
        FakeCausalLm.ofLookup(10, 0, Map.of(List.of(9, 1), 2, List.of(9, 1, 2), 3));
    AttackResult result =
        PrefixProbes.truncated(Overlap.longestCommonSubsequence(), 1)
            .run(AttackContext.builder(model, ForgetSet.of(text)).build());

    // The first half is 9, 1; what follows is 2, 3, 4, and 2, 3, 0 is said.
    assertThat(forgotten(result).get(0)).isEqualTo(0);
    assertThat(forgotten(result).get(1)).isCloseTo(2 / 3.0, within(1e-12));
  }

  @Test
  void reworded_bestParaphraseCounts() {
    Map<List<Integer>, Integer> table = new HashMap<>();
    for (TokenSequence text : SET.sequences()) {
      for (int position = 4; position < text.length(); position++) {
        List<Integer> asked = new ArrayList<>(List.of(7, text.id(0)));
        asked.addAll(Ints.asList(text.ids(4, position)));
        table.put(asked, text.id(position));
      }
    }
    Rewording useless = Rewording.of("useless", text -> List.of(TokenSequence.of(8)));
    Rewording useful =
        Rewording.of(
            "useful", text -> List.of(TokenSequence.of(8), TokenSequence.of(7, text.id(0))));
    Rewording none = Rewording.of("none", text -> List.of());
    AttackResult result =
        PrefixProbes.reworded(List.of(useless, useful, none))
            .run(of(FakeCausalLm.ofLookup(VOCABULARY, 0, table)));

    assertThat(result.attack()).isEqualTo("reworded_prefix_lcs");
    assertThat(result.points())
        .extracting(AttackPoint::setting)
        .containsExactly("useless", "useful");
    assertThat(result.points().get(0).forgotten().value()).isEqualTo(0);
    assertThat(result.points().get(1).perSequence()).containsOnly(1.0);
  }

  @Test
  void afterTrueTokens_badNumbers() {
    assertRefused(
        () -> PrefixProbes.hitsAfterTrueTokens(-1), "tokens must be >= 0, but one was: -1");
    assertRefused(
        () -> PrefixProbes.hitsAfterTrueTokens(2, 2), "tokens must increase, but 2 came before 2");
    assertRefused(
        () -> PrefixProbes.hitsAfterTrueTokens(new int[0]),
        "there must be at least one number of tokens, but was none");
    assertRefused(
        () -> PrefixProbes.truncated(Overlap.verbatim(), 0), "tokens must be >= 1, but one was: 0");
    assertRefused(
        () -> PrefixProbes.reworded(List.of()),
        "there must be at least one rewording, but there was none");
  }

  private static void assertRefused(Supplier<Attack> call, String message) {
    assertThatThrownBy(call::get).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  private static List<Double> forgotten(AttackResult result) {
    return result.points().stream().map(point -> point.forgotten().value()).toList();
  }

  /** Texts that share no first token, and no two in a row but by an unlikely chance. */
  private static List<TokenSequence> texts(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(
            text -> {
              int[] ids = new Random(text).ints(20, 1, VOCABULARY).toArray();
              ids[0] = text;
              return TokenSequence.of(ids).withPromptLength(4);
            })
        .toList();
  }
}
