package dev.unlearn.eval.task;

import dev.unlearn.api.Interval;
import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Shows a suite on a terminal: a line of values per finished task and, below it, a bar for the task
 * being done. Where output is no terminal only the lines are printed. One bar serves one run.
 *
 * <pre>{@code
 * ARC-Easy  acc 0.4350 [0.3652, 0.5067]  acc_norm 0.4100 [0.3411, 0.4815]
 * 6/9 ARC-Challenge [=========>          ]  45 %
 * }</pre>
 */
public final class ConsoleTaskBar implements TaskListener {
  private static final int CELLS = 20;

  private final PrintStream out;
  private final boolean interactive;
  private int drawnLength;

  /** Returns a bar on standard error, which redraws itself if a terminal is attached. */
  public static ConsoleTaskBar onStandardError() {
    return new ConsoleTaskBar(System.err, isTerminal());
  }

  /**
   * Creates a bar.
   *
   * @param interactive whether {@code out} is a terminal that understands a carriage return
   */
  public ConsoleTaskBar(PrintStream out, boolean interactive) {
    this.out = out;
    this.interactive = interactive;
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
  public void progressed(TaskProgress progress) {
    if (!interactive) {
      return;
    }
    double share = (double) progress.doneItems() / progress.totalItems();
    int filled = (int) (share * CELLS);
    StringBuilder cells = new StringBuilder();
    for (int cell = 0; cell < CELLS; cell++) {
      cells.append(cell < filled ? '=' : cell == filled ? '>' : ' ');
    }
    draw(
        "%d/%d %s [%s] %3.0f %%",
        progress.taskNumber(), progress.taskCount(), progress.title(), cells, 100 * share);
  }

  @Override
  public void finished(TaskResult result) {
    StringBuilder line = new StringBuilder(result.title());
    for (TaskValue value : result.values()) {
      line.append(format("  %s %.4f", value.metric().key(), value.estimate().value()));
      value.estimate().interval().ifPresent(interval -> line.append(shown(interval)));
      line.append(value.aboveChance() ? "" : " (not above chance)");
    }
    if (drawnLength > 0) {
      draw("%s", "");
      out.print("\r");
      drawnLength = 0;
    }
    out.println(line);
  }

  private void draw(String pattern, Object... values) {
    String line = format(pattern, values);
    out.print("\r" + line + " ".repeat(Math.max(0, drawnLength - line.length())));
    out.flush();
    drawnLength = line.length();
  }

  private static String shown(Interval interval) {
    return format(" [%.4f, %.4f]", interval.low(), interval.high());
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
