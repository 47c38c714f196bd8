package dev.unlearn.progress;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows a run on a terminal: one line per finished epoch and, below it, a bar for what is being
 * done now, with tokens per second and the time left.
 *
 * <pre>{@code
 * epoch 11  loss 2.1342  ma 0.4021  1.8 s
 * epoch 12/100 gradient-ascent [=========>          ]  45 %  4,310 tokens/s  0:01 left, at most 2:41
 * }</pre>
 *
 * <p>Where output is not a terminal only the epoch lines are printed. One bar serves one run.
 */
public final class ConsoleProgressBar implements UnlearningListener {
  private static final int CELLS = 20;
  private static final long REDRAW_NANOS = 100_000_000;

  private final PrintStream out;
  private final boolean interactive;
  private final LongSupplier clock;
  private final long start;
  private long phaseStart;
  private long lastDraw;
  private int drawnLength;
  private int epochsDone;
  private String phase = "";

  /** Returns a bar on standard error, which redraws itself if a terminal is attached. */
  public static ConsoleProgressBar onStandardError() {
    return new ConsoleProgressBar(System.err, isTerminal());
  }

  /**
   * Creates a bar.
   *
   * @param interactive whether {@code out} is a terminal that understands a carriage return
   */
  public ConsoleProgressBar(PrintStream out, boolean interactive) {
    this(out, interactive, System::nanoTime);
  }

  /**
   * Creates a bar.
   *
   * @param clock nanoseconds from any origin
   */
  ConsoleProgressBar(PrintStream out, boolean interactive, LongSupplier clock) {
    this.out = out;
    this.interactive = interactive;
    this.clock = clock;
    start = clock.getAsLong();
    phaseStart = start;
    lastDraw = start - REDRAW_NANOS;
  }

  /** Returns whether a terminal is attached to the process. */
  @SuppressWarnings("SystemConsoleNull") // From JDK 22 on there is one without, and it says so.
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  @Override
  public void progressed(RunProgress progress) {
    long now = clock.getAsLong();
    String current = progress.phase() + progress.what() + progress.epoch();
    boolean begins = !current.equals(phase);
    if (begins) {
      phase = current;
      phaseStart = now;
    }
    if (interactive && (begins || now - lastDraw >= REDRAW_NANOS)) {
      lastDraw = now;
      draw(line(progress, now));
    }
  }

  @Override
  public void epochEnded(EpochReport report) {
    epochsDone = Math.max(epochsDone, report.epoch());
    StringBuilder line = new StringBuilder("epoch ").append(report.epoch());
    report.loss().ifPresent(loss -> line.append(format("  loss %.4f", loss)));
    report
        .metrics()
        .forEach(
            (key, result) -> {
              line.append(format("  %s %.4f", key, result.value()));
              result
                  .interval()
                  .ifPresent(i -> line.append(format(" [%.4f, %.4f]", i.low(), i.high())));
            });
    line.append(format("  %.1f s", report.duration().toNanos() / 1e9));
    println(line.toString());
  }

  @Override
  public void ended(ForgetReport report) {
    println(report.outcome() + ": " + report.reason());
  }

  private String line(RunProgress progress, long now) {
    String limit = progress.epochLimit().isPresent() ? "/" + progress.epochLimit().getAsInt() : "";
    String head = "epoch " + progress.lotEpoch() + limit + " ";
    if (progress.phase() == RunProgress.Phase.MEASURING) {
      head += "measuring ";
      if (progress.doneTokens() == 0) {
        return head + progress.what();
      }
    }
    double share = (double) progress.doneTokens() / progress.totalTokens();
    int filled = (int) (share * CELLS);
    StringBuilder line = new StringBuilder(head).append(progress.what()).append(" [");
    for (int cell = 0; cell < CELLS; cell++) {
      line.append(cell < filled ? '=' : cell == filled ? '>' : ' ');
    }
    line.append(format("] %3.0f %%", 100 * share));
    double seconds = (now - phaseStart) / 1e9;
    if (progress.doneTokens() > 0 && seconds > 0) {
      double rate = progress.doneTokens() / seconds;
      line.append(format("  %,.0f tokens/s  ", rate))
          .append(time((progress.totalTokens() - progress.doneTokens()) / rate))
          .append(" left");
    }
    if (progress.epochLimit().isPresent() && epochsDone > 0) {
      double perEpoch = (now - start) / 1e9 / epochsDone;
      int left = progress.epochLimit().getAsInt() - progress.lotEpoch() + 1;
      line.append(", at most ").append(time(left * perEpoch));
    }
    return line.toString();
  }

  private void draw(String line) {
    out.print("\r" + line + " ".repeat(Math.max(0, drawnLength - line.length())));
    out.flush();
    drawnLength = line.length();
  }

  private void println(String line) {
    if (drawnLength > 0) {
      draw("");
      out.print("\r");
      drawnLength = 0;
    }
    out.println(line);
  }

  private static String time(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? format("%d:%02d", whole / 60, whole % 60)
        : format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
