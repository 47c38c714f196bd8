package dev.unlearn.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.attack.AttackSuite;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.examples.SmallModels;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the pages show of measuring, on a model that knows three records. */
@Tag("engine")
final class MeasuringSnippetsTest {
  private static final int PROMPT_LENGTH = 25;

  private static TrainableCausalLm model;
  private static ForgetSet set;
  private static List<TokenSequence> unseen;

  @BeforeAll
  static void teachModel() {
    model = SmallModels.create(2, 32);
    Records.teach(model);
    set = Records.taught(model);
    unseen = model.tokenizer().sequences(Records.UNSEEN);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @Test
  void attacks_gate() {
    // Three texts are too few for an interval that decides, though all come out.
    assertThat(AttacksSnippets.gate(model, model, set, unseen)).isEqualTo(Recovery.UNDECIDED);
  }

  @Test
  void attacks_ownOne() {
    AttackContext context =
        AttackContext.of(model, ForgetSet.of(withPrompt(set.sequences())), withPrompt(unseen));

    assertThat(AttackSuite.of(List.of(AttacksSnippets.shouting())).run(context))
        .singleElement()
        .returns("shouting", result -> result.attack())
        .satisfies(result -> assertThat(result.points()).hasSize(1));
  }

  private static List<TokenSequence> withPrompt(List<TokenSequence> sequences) {
    return sequences.stream().map(sequence -> sequence.withPromptLength(PROMPT_LENGTH)).toList();
  }

  @Test
  void baselines_draw() {
    List<TokenSequence> prompts = set.sequences().stream().map(record -> record.head(12)).toList();

    assertThat(BaselinesSnippets.answers(model, prompts))
        .hasSize(3)
        .allMatch(ids -> ids.length == 32);
    assertThat(BaselinesSnippets.accuracy(model, set.sequences()).value()).isBetween(0.05, 0.6);
  }

  @Test
  void generation_forbidsAndCancels() {
    TokenSequence prompt = set.sequences().get(0).head(PROMPT_LENGTH);
    int first = set.sequences().get(0).id(PROMPT_LENGTH);
    Decoding greedy = Decoding.builder().newTokens(1).build();
    Decoding without =
        Decoding.builder().newTokens(1).logitsTransform(GenerationSnippets.without(first)).build();

    assertThat(model.generate(List.of(prompt), greedy).get(0)).containsExactly(first);
    assertThat(model.generate(List.of(prompt), without).get(0)).doesNotContain(first);

    List<Integer> heard = new ArrayList<>();
    DecodingListener late = GenerationSnippets.limited(System.nanoTime() - 1, heard::add);
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> model.generate(List.of(prompt), greedy, late));
    assertThat(GenerationSnippets.untilEndOfText(7).stopSequences())
        .containsExactly(TokenSequence.of(7));
  }

  @Test
  void membership_rows() {
    assertThat(MembershipSnippets.membership(model, model, set, unseen))
        .extracting(Measurement::key)
        .contains("membership_loss_auc", "membership_blind_auc");
  }

  @Test
  void metrics_surelyAbove() {
    assertThat(MetricsAndThresholdsSnippets.surelyAbove(model, set.sequences(), 0.5)).isTrue();
    assertThat(MetricsAndThresholdsSnippets.surelyAbove(model, unseen, 0.5)).isFalse();
    assertThat(MetricsAndThresholdsSnippets.known(model, set, Corpus.of(unseen))).isTrue();
    assertThat(MetricsAndThresholdsSnippets.known(model, ForgetSet.of(unseen), Corpus.of(unseen)))
        .isFalse();
    assertThat(MetricsAndThresholdsSnippets.published()).isNotNull();
  }

  @Test
  void report_rowsOfDomains() {
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(model, Corpus.of(unseen), ForgettingThresholds.DEFAULT_ORDER);
    List<TokenSequence> domains =
        List.of(set.sequences().get(0).withDomain("a"), set.sequences().get(1).withDomain("b"));

    assertThat(ReportSnippets.extraction(model, domains, thresholds, () -> {})).hasSize(3);
  }

  @Test
  void stopping_floorIsTwoDeviationsBelow() {
    MetricResult ma = MemorizationAccuracy.of().measure(model, unseen);
    double variance =
        ma.perSequence().stream().mapToDouble(v -> (v - ma.value()) * (v - ma.value())).sum() / 5;

    assertThat(StoppingSnippets.floor(model, unseen, 16))
        .isCloseTo(Math.max(0, ma.value() - Math.sqrt(variance) / 2), within(1e-12));
  }

  @Test
  void stopping_recipes() {
    ForgettingThresholds thresholds = ForgettingThresholds.of(10, 41, 0.1, 0.2);
    Corpus corpus = Corpus.of(unseen);

    assertThat(StoppingSnippets.usual(thresholds).description())
        .contains("patience", "max-epochs(100)");
    assertThat(StoppingSnippets.alsoShifted(thresholds, corpus).corpora()).containsExactly(corpus);
    assertThat(StoppingSnippets.guarded(thresholds, corpus, corpus)).isNotNull();
    assertThat(StoppingSnippets.floor(0.1)).isNotNull();
    assertThat(RecipesSnippets.full(thresholds, corpus, corpus)).isNotNull();
  }
}
