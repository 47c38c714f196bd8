package dev.unlearn.eval.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Interval;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class AttackContextTest {
  private static final CausalLm MODEL = FakeCausalLm.ofTable(0, 1, 2);
  private static final CausalLm ORIGINAL = FakeCausalLm.ofTable(1, 1, 1);
  private static final List<Strength> ONE = List.of(new Strength("once", 1));

  @Test
  void measure_oneStrength() {
    // Eight that come back of eight, none of eight unseen ones. Clopper and Pearson's bounds at
    // 97.5 %: 0.0125^(1/8) and one less it.
    Attack attack = byFirstToken();
    AttackResult result =
        attack.run(
            AttackContext.builder(MODEL, ForgetSet.of(of(1, 8)))
                .unseen(of(0, 8))
                .original(ORIGINAL)
                .build());

    assertThat(result.attack()).isEqualTo("first");
    assertThat(result.title()).isEqualTo("First token");
    assertThat(result.description()).isEqualTo("Looks at it.");
    assertThat(result.metric()).isEqualTo("share");
    assertThat(result.margin()).isEqualTo(AttackResult.DEFAULT_MARGIN);
    assertThat(result.notes()).isEmpty();
    AttackPoint point = result.points().get(0);
    assertThat(point.setting()).isEqualTo("once");
    assertThat(point.strength()).isEqualTo(1);
    assertThat(point.perSequence()).hasSize(8).containsOnly(1.0);
    assertThat(point.forgotten().value()).isEqualTo(1);
    assertThat(point.unseen().orElseThrow().value()).isEqualTo(0);
    assertThat(point.before().orElseThrow().value()).isEqualTo(1);
    Interval excess = point.excess().orElseThrow().interval().orElseThrow();
    assertThat(excess.low()).isCloseTo(2 * Math.pow(0.0125, 1 / 8.0) - 1, within(1e-9));
    assertThat(excess.high()).isEqualTo(1);
    assertThat(excess.confidence()).isEqualTo(0.95);
    assertThat(result.recovery()).isEqualTo(Recovery.COMES_BACK);
  }

  @Test
  void measure_asUnseenText() {
    AttackResult few =
        byFirstToken().run(AttackContext.of(MODEL, ForgetSet.of(of(0, 8)), of(0, 8)));
    AttackResult many =
        byFirstToken().run(AttackContext.of(MODEL, ForgetSet.of(of(0, 100)), of(0, 100)));

    // Of eight, two in five may still be known; of a hundred, one in 23.
    assertThat(few.points().get(0).excess().orElseThrow().interval().orElseThrow().high())
        .isCloseTo(1 - Math.pow(0.0125, 1 / 8.0), within(1e-9));
    assertThat(few.recovery()).isEqualTo(Recovery.UNDECIDED);
    assertThat(many.points().get(0).excess().orElseThrow().interval().orElseThrow().high())
        .isCloseTo(1 - Math.pow(0.0125, 1 / 100.0), within(1e-9));
    assertThat(many.recovery()).isEqualTo(Recovery.NOT_SEEN);
  }

  @Test
  void measure_unitsCountNotSequences() {
    AttackContext context =
        AttackContext.builder(MODEL, ForgetSet.of(of(1, 8)))
            .units(List.of("a", "a", "a", "a", "b", "b", "b", "b"))
            .unseen(of(0, 8), Collections.nCopies(8, "c"))
            .build();
    AttackPoint point = byFirstToken().run(context).points().get(0);

    assertThat(point.forgotten().unitCount()).isEqualTo(2);
    assertThat(point.unseen().orElseThrow().unitCount()).isEqualTo(1);
    assertThat(point.excess().orElseThrow().interval().orElseThrow().low()).isNegative();
  }

  /** As the pieces of one text are that {@link UnseenText#cutLike} cuts. */
  @Test
  void measure_oneNameIsOneUnit() {
    ForgetSet set = ForgetSet.of(of(1, 8));
    TokenSequence text = TokenSequence.of(0, 2, 0, 2, 0, 2, 0, 2);
    List<TokenSequence> pieces = UnseenText.cutLike(List.of(text, text), set);
    AttackPoint point = byFirstToken().run(AttackContext.of(MODEL, set, pieces)).points().get(0);

    assertThat(pieces).hasSize(8);
    assertThat(point.forgotten().unitCount()).isEqualTo(8);
    assertThat(point.unseen().orElseThrow().unitCount()).isEqualTo(2);
  }

  @Test
  void measure_noUnseenText() {
    AttackResult result =
        byFirstToken().run(AttackContext.builder(MODEL, ForgetSet.of(of(1, 8))).build());

    assertThat(result.points().get(0).unseen()).isEmpty();
    assertThat(result.points().get(0).excess()).isEmpty();
    assertThat(result.recovery()).isEqualTo(Recovery.UNDECIDED);
    assertThat(result.notes())
        .containsExactly("There was no unseen text to compare with, so this decides nothing.");
  }

  @Test
  void measure_unseenTextOfAnotherLength() {
    TokenSequence longer = TokenSequence.of(0, 1, 2, 1);
    AttackResult result =
        byFirstToken().run(AttackContext.of(MODEL, ForgetSet.of(of(1, 2)), List.of(longer)));

    assertThat(result.notes())
        .containsExactly(
            "Unseen text is of another length, 4.0 tokens on average against 2.0, which alone may"
                + " make a difference.");
  }

  @Test
  void measure_unseenTextWithOtherPrompts() {
    ForgetSet set = ForgetSet.of(TokenSequence.of(1, 1, 1, 2).withPromptLength(3));
    AttackResult result =
        byFirstToken().run(AttackContext.of(MODEL, set, List.of(TokenSequence.of(0, 1, 1, 2))));

    assertThat(result.notes())
        .containsExactly(
            "Unseen text has prompts of another length, 0.0 tokens on average against 3.0, which"
                + " alone may make a difference.");
  }

  @Test
  void measure_undefinedStrengthsAreLeftOut() {
    Attack attack =
        attack(
            List.of(new Strength("a", 1), new Strength("b", 2)),
            (model, texts) ->
                List.of(nan(texts.sequences().size()), firstTokens(texts.sequences())));
    AttackResult result = attack.run(AttackContext.of(MODEL, ForgetSet.of(of(1, 2)), of(0, 2)));

    assertThat(result.points()).extracting(AttackPoint::setting).containsExactly("b");
  }

  @Test
  void measure_nothingDefined() {
    Attack attack = attack(ONE, (model, texts) -> List.of(nan(texts.sequences().size())));

    assertThatThrownBy(() -> attack.run(AttackContext.of(MODEL, ForgetSet.of(of(1, 2)), of(0, 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "attack first must have a value of at least one sequence, but had none of 2: all are"
                + " too short for every strength");
  }

  @Test
  void measure_tooFewValues() {
    Attack attack = attack(ONE, (model, texts) -> List.of(List.of(1.0)));

    assertThatThrownBy(() -> attack.run(AttackContext.of(MODEL, ForgetSet.of(of(1, 2)), of(0, 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attack first must give a value for each of 1 strengths and 2 sequences");
  }

  @Test
  void build_optionSetTwice() {
    Map<String, UnaryOperator<AttackContext.Builder>> options =
        Map.of(
            "units", builder -> builder.units(List.of("a", "b")),
            "unseen", builder -> builder.unseen(of(0, 2)),
            "original", builder -> builder.original(ORIGINAL),
            "confidence", builder -> builder.confidence(0.9),
            "margin", builder -> builder.margin(0.1));
    options.forEach(
        (option, set) -> {
          AttackContext.Builder builder = AttackContext.builder(MODEL, ForgetSet.of(of(1, 2)));
          assertThatThrownBy(() -> set.apply(set.apply(builder)))
              .isInstanceOf(IllegalStateException.class)
              .hasMessage(option + " was already set");
        });
    AttackContext.Builder named = AttackContext.builder(MODEL, ForgetSet.of(of(1, 2)));
    assertThatThrownBy(() -> named.unseen(of(0, 2)).unseen(of(0, 2), List.of("a", "b")))
        .hasMessage("unseen was already set");
  }

  @Test
  void build_badNumbers() {
    AttackContext.Builder builder = AttackContext.builder(MODEL, ForgetSet.of(of(1, 2)));

    assertThatThrownBy(() -> builder.confidence(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("confidence must be in (0, 1), but was: 1.0");
    assertThatThrownBy(() -> builder.margin(-0.1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("margin must be in [0, 1), but was: -0.1");
    assertThatThrownBy(() -> builder.units(List.of("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be a unit for each of 2 sequences, but there were 1");
  }

  @Test
  void toString_showsSizesOnly() {
    assertThat(AttackContext.of(MODEL, ForgetSet.of(of(1, 2)), of(0, 3)))
        .hasToString("AttackContext[forgotten=2, unseen=3, original=false]");
  }

  private static Attack byFirstToken() {
    return attack(ONE, (model, texts) -> List.of(firstTokens(texts.sequences())));
  }

  private static Attack attack(List<Strength> strengths, Probe probe) {
    return Attack.of("first", "First token", "Looks at it.", "share", strengths, probe);
  }

  private static List<Double> firstTokens(List<TokenSequence> sequences) {
    return sequences.stream().map(it -> (double) it.id(0)).toList();
  }

  private static List<Double> nan(int count) {
    return Collections.nCopies(count, Double.NaN);
  }

  private static List<TokenSequence> of(int first, int count) {
    return IntStream.range(0, count).mapToObj(i -> TokenSequence.of(first, 2)).toList();
  }
}
