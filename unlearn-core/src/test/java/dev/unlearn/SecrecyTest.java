package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.report.AuditReport;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** Neither the text to forget nor its ids appear in anything a run says. */
@Tag("engine")
final class SecrecyTest {
  private static TrainableCausalLm model;
  private static List<String> texts;
  private static ForgetSet set;
  private static Corpus unseen;

  @RegisterExtension final Overheard overheard = new Overheard();

  @BeforeAll
  static void openModel() {
    model = Secret.model();
    texts = Secret.texts(1, 3, 12);
    set = ForgetSet.of(model.tokenizer().sequences(texts));
    unseen = Corpus.ofTexts(Secret.texts(2, 4, 12));
    TinyModel.teach(model, set.sequences(), 12);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @Test
  void pattern_findsWhatItShould() {
    assertThat("[1, 31337]").containsPattern(Secret.SAID);
    assertThat("a zqsecretb c").containsPattern(Secret.SAID);
    assertThat("loss 0.31337 or 5.31337, digest a31337").doesNotContainPattern(Secret.SAID);
    LoggerFactory.getLogger(SecrecyTest.class).warn("a log line");
    assertThat(overheard.log()).contains("a log line");
  }

  @Test
  void run_thresholdsMeasured() {
    ForgetReport report = run(Unlearner.builder().unseen(unseen).order(3).maxEpochs(3));
    assertThat(report.settings().get("unseen")).isEqualTo("Corpus[texts=4]");
    assertThat(overheard.log()).contains("epoch 0, ma ", "measured ForgettingThresholds");
    assertThat(overheard.bar()).contains("epoch 0  ma ");
  }

  @Test
  void run_forgottenOrDamaged() {
    ForgetReport forgotten = run(Unlearner.builder().stopWhen(p -> Decision.forgotten("x")));
    assertThat(forgotten.outcome()).isEqualTo(Outcome.FORGOTTEN);
    ForgetReport damaged =
        run(
            Unlearner.builder()
                .unseen(unseen)
                .healthBound(new HealthBound(0, 0))
                .optimizer(Optimizers.adam(1e-2))
                .stopWhen(p -> p.epoch() < 3 ? Decision.proceed() : Decision.forgotten("enough")));
    assertThat(damaged.outcome()).isEqualTo(Outcome.DAMAGED);
  }

  @Test
  void run_diverged() {
    ForgetReport report =
        run(
            Unlearner.builder()
                .objective(c -> c.forget().pass().logProbabilities().mean().mul(Float.NaN))
                .stopWhen(StoppingCriteria.maxEpochs(3)));
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
  }

  @Test
  void failure_inTheLoop() {
    fails(
        set,
        Unlearner.builder()
            .objective(context -> context.forget().pass().logProbabilities())
            .stopWhen(StoppingCriteria.maxEpochs(3)));
    fails(
        set,
        Unlearner.builder()
            .stopWhen(
                progress -> {
                  throw new IllegalStateException("failed on " + progress.lot() + progress);
                }));
    fails(
        set,
        Unlearner.builder()
            .strategy(
                (forgetSet, history) -> {
                  throw new IllegalStateException("failed on " + forgetSet + history);
                })
            .stopWhen(StoppingCriteria.maxEpochs(3)));
  }

  @Test
  void failure_ofAListener() {
    UnlearningListener broken =
        new UnlearningListener() {
          @Override
          public void epochEnded(EpochReport report) {
            throw new IllegalStateException("failed on " + report);
          }
        };
    ForgetReport report =
        Unlearner.builder()
            .stopWhen(StoppingCriteria.maxEpochs(1))
            .build()
            .forget(model, set, RunOptions.builder().listener(broken).build());
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(overheard.log()).contains("an unlearning listener failed; the run goes on");
  }

  @Test
  void refusal_ofTheSet() {
    fails(ForgetSet.of(set.sequences().get(0).head(5)), Unlearner.builder().unseen(unseen));
    fails(
        ForgetSet.of(TokenSequence.of(IntStream.range(0, 33).map(i -> Secret.id(1)).toArray())),
        Unlearner.builder().unseen(unseen));
    fails(
        set,
        Unlearner.builder()
            .stopWhen(StoppingCriteria.forgotten(ForgettingThresholds.GPT_NEO_125M)));
    fails(
        set,
        Unlearner.builder()
            .unseen(Corpus.ofTexts(List.of(Secret.WORDS.get(0) + " " + Secret.WORDS.get(1)))));
    overheard.say(catchThrowable(() -> set.sequences().get(0).head(99)));
    overheard.say(catchThrowable(() -> ForgetSet.of(TokenSequence.of(31337))));
  }

  @Test
  void refusal_ofATextTheTokenizerDoesNotKnow() {
    overheard.say(
        catchThrowable(
            () ->
                model
                    .tokenizer()
                    .sequences(List.of(texts.get(0), "zqsecreta zqsecretz zqsecretb"))));
    fails(
        set,
        Unlearner.builder()
            .unseen(Corpus.ofTexts(List.of(texts.get(0), "zqsecreta what zqsecretb"))));
  }

  private ForgetReport run(UnlearnerBuilder builder) {
    ForgetReport report = builder.build().forget(model, set, overheard.options());
    overheard.say(List.of(report, AuditReport.json(report), set, unseen));
    return report;
  }

  private void fails(ForgetSet what, UnlearnerBuilder builder) {
    overheard.say(catchThrowable(() -> builder.build().forget(model, what)));
  }
}
