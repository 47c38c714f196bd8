package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run whose process is killed, and one that goes on from its work directory to the same weights,
 * bit for bit. It starts itself as three processes: one that is left alone, one that it kills in
 * the fourth epoch, and one that resumes.
 *
 * <p>Usage: {@code ResumeAfterCrash}.
 */
public final class ResumeAfterCrash {
  private static final long SEED = 42;
  private static final int KILLED_IN = 4;

  private ResumeAfterCrash() {}

  /** Runs it, or, with arguments, is one of the processes: model, work directory, last epoch. */
  public static void main(String[] args) throws Exception {
    Host.prepareForSmallModel();
    if (args.length == 0) {
      System.exit(run(Files.createTempDirectory("unlearn-resume"), System.out) ? 0 : 1);
    }
    forget(Path.of(args[0]), Path.of(args[1]), Integer.parseInt(args[2]));
  }

  static boolean run(Path folder, PrintStream out) throws IOException, InterruptedException {
    Path model = folder.resolve("model");
    try (TrainableCausalLm taught = SmallModel.create(SEED, 2, 64)) {
      var unused = Teacher.recite(taught, records());
      CausalLms.save(taught, model);
    }
    String whole = lastLine(start(model, folder.resolve("left-alone"), Integer.MAX_VALUE));
    out.println("left alone: " + whole);
    Path work = folder.resolve("work");
    int exitCode = kill(start(model, work, KILLED_IN));
    out.println("killed in epoch " + KILLED_IN + ": exit code " + exitCode);
    String resumed = lastLine(start(model, work, Integer.MAX_VALUE));
    out.println("started again: " + resumed);
    boolean same = digest(resumed).equals(digest(whole));
    out.println(same ? "the same weights, bit for bit" : "OTHER WEIGHTS");
    return same;
  }

  /** What each process does; in the epoch that it is not to outlive it waits. */
  private static void forget(Path folder, Path work, int stopsIn) {
    UnlearningListener waiting =
        new UnlearningListener() {
          @Override
          public void epochEnded(EpochReport epoch) {
            System.out.println("epoch " + epoch.epoch());
            if (epoch.epoch() == stopsIn) {
              waitToBeKilled();
            }
          }
        };
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      ForgetSet set = ForgetSet.of(SyntheticText.secrets(model.tokenizer().sequences(records())));
      ForgetReport report =
          unlearner()
              .forget(
                  model, set, RunOptions.builder().workDirectory(work).listener(waiting).build());
      System.out.printf(
          "%s after %d epochs, resumed after %s, weights %s%n",
          report.outcome(),
          report.epochCount(),
          report.resumedAfter().isPresent() ? report.resumedAfter().getAsInt() : "none",
          WeightsDigest.of(model));
    }
  }

  /** Nothing ever comes; the end comes if the process that should kill this one is gone. */
  private static void waitToBeKilled() {
    try {
      int unused = System.in.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Unlearner unlearner() {
    return Unlearner.builder()
        .optimizer(Optimizers.adam(2e-4))
        .stopWhen(
            StoppingCriteria.below(MemorizationAccuracy.of(), 0.2)
                .notBefore(2 * KILLED_IN)
                .or(StoppingCriteria.maxEpochs(100)))
        .build();
  }

  private static List<String> records() {
    return new SyntheticText(SEED).records(4);
  }

  /** The same number of PyTorch's threads in each: another one rounds differently. */
  private static Process start(Path model, Path work, int stopsIn) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dai.djl.pytorch.num_threads=1",
            "-cp",
            System.getProperty("java.class.path"),
            ResumeAfterCrash.class.getName(),
            model.toString(),
            work.toString(),
            Integer.toString(stopsIn))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static int kill(Process process) throws IOException, InterruptedException {
    try (BufferedReader lines = process.inputReader()) {
      @Nullable String line = lines.readLine();
      while (line != null && !line.equals("epoch " + KILLED_IN)) {
        line = lines.readLine();
      }
      return process.destroyForcibly().waitFor();
    }
  }

  private static String lastLine(Process process) throws IOException {
    try (BufferedReader lines = process.inputReader()) {
      return lines.lines().reduce((first, second) -> second).orElse("it did not start");
    }
  }

  private static String digest(String line) {
    return line.substring(line.lastIndexOf(' ') + 1);
  }
}
