package dev.unlearn;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Neither the text to forget nor its ids appear in anything a run says. */
@Tag("engine")
final class SecrecyTest {
  private static final int FIRST_ID = 31330;
  private static final List<String> WORDS =
      IntStream.range(0, 10).mapToObj(i -> "zq" + (char) ('a' + i)).toList();
  private static final Pattern SECRET =
      Pattern.compile("zq[a-j]|(?<![\\w.])3133\\d(?!\\w)", Pattern.CASE_INSENSITIVE);

  private static TrainableCausalLm model;
  private static List<String> texts;
  private static ForgetSet set;
  private static Corpus unseen;

  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final ByteArrayOutputStream bar = new ByteArrayOutputStream();
  private final StringBuilder said = new StringBuilder();
  private PrintStream standardError;

  @BeforeAll
  static void openModel() {
    String vocabulary =
        IntStream.range(0, WORDS.size())
            .mapToObj(i -> "\"" + WORDS.get(i) + "\": " + (FIRST_ID + i))
            .collect(Collectors.joining(", "));
    String tokenizer =
        """
        {
          "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
          "normalizer": null, "post_processor": null, "decoder": null,
          "pre_tokenizer": {"type": "WhitespaceSplit"},
          "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, %s}}
        }
        """
            .formatted(vocabulary);
    model = CausalLms.create(TinyModel.gpt2Config(31400), tokenizer, 1);
    texts = texts(1, 3, 12);
    set = ForgetSet.of(model.tokenizer().sequences(texts));
    unseen = Corpus.ofTexts(texts(2, 4, 12));
    TinyModel.teach(model, set.sequences(), 12);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @BeforeEach
  void captureStandardError() {
    standardError = System.err;
    System.setErr(new PrintStream(log, true, UTF_8));
  }

  @AfterEach
  void nothingWasSaid() {
    System.setErr(standardError);
    said.append(log.toString(UTF_8)).append(bar.toString(UTF_8));
    assertThat(said.toString()).doesNotContainPattern(SECRET);
  }

  @Test
  void pattern_findsWhatItShould() {
    assertThat("[1, 31337]").containsPattern(SECRET);
    assertThat("a zqb c").containsPattern(SECRET);
    assertThat("loss 0.31337 or 5.31337, digest a31337").doesNotContainPattern(SECRET);
    LoggerFactory.getLogger(SecrecyTest.class).warn("a log line");
    assertThat(log.toString(UTF_8)).contains("a log line");
  }

  @Test
  void run_thresholdsMeasured() {
    ForgetReport report = run(Unlearner.builder().unseen(unseen).order(3).maxEpochs(3));
    assertThat(report.settings().get("unseen")).isEqualTo("Corpus[texts=4]");
    assertThat(log.toString(UTF_8)).contains("epoch 0, ma ", "measured ForgettingThresholds");
    assertThat(bar.toString(UTF_8)).contains("epoch 0  ma ");
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
    assertThat(log.toString(UTF_8)).contains("an unlearning listener failed; the run goes on");
  }

  @Test
  void refusal_ofTheSet() {
    fails(ForgetSet.of(set.sequences().get(0).head(5)), Unlearner.builder().unseen(unseen));
    fails(
        ForgetSet.of(TokenSequence.of(IntStream.range(0, 33).map(i -> FIRST_ID + 1).toArray())),
        Unlearner.builder().unseen(unseen));
    fails(
        set,
        Unlearner.builder()
            .stopWhen(StoppingCriteria.forgotten(ForgettingThresholds.GPT_NEO_125M)));
    fails(
        set,
        Unlearner.builder().unseen(Corpus.ofTexts(List.of(WORDS.get(0) + " " + WORDS.get(1)))));
    say(catchThrowable(() -> set.sequences().get(0).head(99)));
    say(catchThrowable(() -> ForgetSet.of(TokenSequence.of(31337))));
  }

  @Test
  void refusal_ofATextTheTokenizerDoesNotKnow() {
    say(catchThrowable(() -> model.tokenizer().sequences(List.of(texts.get(0), "zqa zqz zqb"))));
    fails(set, Unlearner.builder().unseen(Corpus.ofTexts(List.of(texts.get(0), "zqa what zqb"))));
  }

  private ForgetReport run(UnlearnerBuilder builder) {
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            said.append(progress).append('\n');
          }

          @Override
          public void epochEnded(EpochReport report) {
            said.append(report).append('\n');
          }
        };
    RunOptions options =
        RunOptions.builder()
            .listener(listener)
            .listener(
                new ConsoleProgressBar(new PrintStream(bar, true, UTF_8), true, System::nanoTime))
            .digestKey(new byte[16])
            .build();
    ForgetReport report = builder.build().forget(model, set, options);
    said.append(report).append(set).append(unseen).append("\n");
    return report;
  }

  private void fails(ForgetSet what, UnlearnerBuilder builder) {
    say(catchThrowable(() -> builder.build().forget(model, what)));
  }

  /** Takes messages and causes of an exception that must have been thrown. */
  private void say(Throwable thrown) {
    assertThat(thrown).isNotNull();
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace));
    said.append(trace).append('\n');
  }

  private static List<String> texts(long seed, int count, int words) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(
            text ->
                random
                    .ints(words, 0, WORDS.size())
                    .mapToObj(WORDS::get)
                    .collect(Collectors.joining(" ")))
        .toList();
  }
}
