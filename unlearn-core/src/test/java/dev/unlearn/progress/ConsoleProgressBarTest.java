package dev.unlearn.progress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.Outcome;
import dev.unlearn.spi.RunProgress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class ConsoleProgressBarTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long now = 5_000_000_000L;

  @Test
  void progressed_begin() {
    interactive().progressed(updating(1, 0));
    assertThat(printed()).isEqualTo("\repoch 1/100 gradient-ascent [>                   ]   0 %");
  }

  @Test
  void progressed_rateAndTimeLeft() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(updating(1, 0));
    bytes.reset();
    seconds(4);
    bar.progressed(updating(1, 9000));
    // 9,000 of 20,000 tokens in 4 s: 2,250 a second, 11,000 left take 4.9 s.
    assertThat(printed())
        .isEqualTo(
            "\repoch 1/100 gradient-ascent [=========>          ]  45 %  2,250 tokens/s  0:05 left");
  }

  @Test
  void progressed_done() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(updating(1, 0));
    bytes.reset();
    seconds(4);
    bar.progressed(updating(1, 20_000));
    assertThat(printed())
        .isEqualTo(
            "\repoch 1/100 gradient-ascent [====================] 100 %  5,000 tokens/s  0:00 left");
  }

  @Test
  void progressed_longRuns() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(updating(1, 0));
    bytes.reset();
    seconds(100);
    bar.progressed(updating(1, 500));
    // 5 tokens a second, 19,500 left: 3,900 s.
    assertThat(printed()).endsWith("]   3 %  5 tokens/s  1:05:00 left");
  }

  @Test
  void progressed_atMostTenTimesASecond() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(updating(1, 0));
    bytes.reset();
    now += 99_000_000;
    bar.progressed(updating(1, 100));
    assertThat(printed()).isEmpty();
    now += 1_000_000;
    bar.progressed(updating(1, 200));
    assertThat(printed()).contains("]   1 %  2,000 tokens/s  0:10 left");
  }

  @Test
  void progressed_newPhaseAtOnce() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(updating(1, 20_000));
    String before = printed().substring(1);
    now += 1;
    bar.progressed(measuring(1, 0));
    // The shorter line is filled up so that nothing of the longer one stays.
    String line = "epoch 1/100 measuring el_10";
    assertThat(printed()).isEqualTo("\r" + line + " ".repeat(before.length() - line.length()));
    now += 1;
    bar.progressed(updating(2, 0));
    assertThat(printed()).isEqualTo("\repoch 2/100 gradient-ascent [>                   ]   0 %");
  }

  @Test
  void progressed_measuringHasARateToo() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(measuring(1, 0));
    bytes.reset();
    seconds(4);
    bar.progressed(measuring(1, 5000));
    // 1,250 tokens a second, 15,000 left take 12 s.
    assertThat(printed())
        .isEqualTo(
            "\repoch 1/100 measuring el_10 [=====>              ]  25 %  1,250 tokens/s  0:12 left");
  }

  @Test
  void progressed_rateIsThePhases() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(measuring(1, 0));
    seconds(100);
    bar.progressed(updating(2, 0));
    bytes.reset();
    seconds(1);
    bar.progressed(updating(2, 10_000));
    assertThat(printed()).contains("  50 %  10,000 tokens/s  0:01 left");
  }

  @Test
  void progressed_timeOfTheWholeRun() {
    ConsoleProgressBar bar = interactive();
    seconds(2);
    bar.epochEnded(epoch(1, 1));
    seconds(1);
    bar.progressed(updating(2, 0));
    // One epoch in 3 s; epochs 2 to 100 are 99: 297 s.
    assertThat(printed()).endsWith("]   0 %, at most 4:57");
  }

  @Test
  void progressed_withoutLimit() {
    ConsoleProgressBar bar = interactive();
    bar.epochEnded(epoch(1, 1));
    bytes.reset();
    bar.progressed(
        new RunProgress(
            RunProgress.Phase.UPDATING, "custom objective", 2, 2, OptionalInt.empty(), 0, 20));
    assertThat(printed()).isEqualTo("\repoch 2 custom objective [>                   ]   0 %");
  }

  @Test
  void epochEnded_first() {
    interactive().epochEnded(epoch(0, 0));
    assertThat(printed()).isEqualTo("epoch 0  ma 0.9901  el_10 0.8765  1.8 s\n");
  }

  @Test
  void epochEnded_withLoss() {
    interactive().epochEnded(epoch(11, 11));
    assertThat(printed()).isEqualTo("epoch 11  loss 2.1342  ma 0.9901  el_10 0.8765  1.8 s\n");
  }

  @Test
  void epochEnded_wipesTheBar() {
    ConsoleProgressBar bar = interactive();
    bar.progressed(measuring(0, 0));
    bytes.reset();
    bar.epochEnded(epoch(0, 0));
    String wiped = "\r" + " ".repeat("epoch 0/100 measuring el_10".length()) + "\r";
    assertThat(printed()).isEqualTo(wiped + "epoch 0  ma 0.9901  el_10 0.8765  1.8 s\n");
  }

  @Test
  void ended_outcomeAndReason() {
    ConsoleProgressBar bar = interactive();
    bar.ended(report());
    assertThat(printed()).isEqualTo("GAVE_UP: not forgotten after 3 epochs\n");
  }

  @Test
  void notInteractive_onlyWholeLines() {
    ConsoleProgressBar bar = bar(false);
    bar.progressed(measuring(0, 0));
    bar.epochEnded(epoch(0, 0));
    bar.progressed(updating(1, 0));
    seconds(4);
    bar.progressed(updating(1, 9000));
    bar.epochEnded(epoch(1, 1));
    bar.ended(report());
    assertThat(printed())
        .isEqualTo(
            """
            epoch 0  ma 0.9901  el_10 0.8765  1.8 s
            epoch 1  loss 2.1342  ma 0.9901  el_10 0.8765  1.8 s
            GAVE_UP: not forgotten after 3 epochs
            """);
  }

  @Test
  void locale_withDecimalComma() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      epochEnded_withLoss();
      progressed_rateAndTimeLeft();
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void onStandardError_withoutTerminal() {
    PrintStream before = System.err;
    System.setErr(stream());
    try {
      ConsoleProgressBar bar = ConsoleProgressBar.onStandardError();
      bar.epochEnded(epoch(0, 0));
    } finally {
      System.setErr(before);
    }
    assertThat(printed()).isEqualTo("epoch 0  ma 0.9901  el_10 0.8765  1.8 s\n");
  }

  private ConsoleProgressBar interactive() {
    return bar(true);
  }

  private ConsoleProgressBar bar(boolean interactive) {
    return new ConsoleProgressBar(stream(), interactive, () -> now);
  }

  private PrintStream stream() {
    return new PrintStream(bytes, true, UTF_8);
  }

  private void seconds(int seconds) {
    now += seconds * 1_000_000_000L;
  }

  /** What was printed since the last call, lines ended by a line feed on every system. */
  private String printed() {
    String text = bytes.toString(UTF_8).replace(System.lineSeparator(), "\n");
    bytes.reset();
    return text;
  }

  private static RunProgress updating(int epoch, long doneTokens) {
    return new RunProgress(
        RunProgress.Phase.UPDATING,
        "gradient-ascent",
        epoch,
        epoch,
        OptionalInt.of(100),
        doneTokens,
        20_000);
  }

  private static RunProgress measuring(int epoch, long doneTokens) {
    return new RunProgress(
        RunProgress.Phase.MEASURING,
        "el_10",
        epoch,
        epoch,
        OptionalInt.of(100),
        doneTokens,
        20_000);
  }

  private static EpochReport epoch(int epoch, int lotEpoch) {
    Map<String, MetricResult> metrics = new LinkedHashMap<>();
    metrics.put("ma", MetricResult.mean("ma", List.of(0.99012)));
    metrics.put("el_10", MetricResult.mean("el_10", List.of(0.87654)));
    EpochReport.Builder builder =
        EpochReport.builder()
            .epoch(epoch)
            .lotEpoch(lotEpoch)
            .putAllMetrics(metrics)
            .decision(Decision.proceed())
            .duration(Duration.ofMillis(1812));
    if (lotEpoch > 0) {
      builder.loss(2.13421);
    }
    return builder.build();
  }

  private static ForgetReport report() {
    return ForgetReport.builder()
        .outcome(Outcome.GAVE_UP)
        .reason("not forgotten after 3 epochs")
        .health(Optional.empty())
        .restored(true)
        .weightsOfEpoch(0)
        .addAllEpochs(
            List.of(
                EpochReport.builder()
                    .epoch(0)
                    .lotEpoch(0)
                    .decision(Decision.giveUp("not forgotten after 3 epochs"))
                    .duration(Duration.ZERO)
                    .build()))
        .targetCount(1)
        .model(new ModelInfo("gpt2", 1, 1, "float32", "cpu()"))
        .startedAt(Instant.EPOCH)
        .duration(Duration.ZERO)
        .build();
  }
}
