package dev.unlearn.benchmarks;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Measures what runs of two updates take beside what is resident when they begin, each in a process
 * of its own, and what the plan said they would. The model has just been loaded from a folder, so
 * that its weights count: they become resident when they are first read. Linux only.
 *
 * <p>Usage: {@code MemoryRun [SETTING ...]}, all without names.
 */
public final class MemoryRun {
  private enum Setting {
    SMALL_8_200_ADAM("neo16", 8, 200, true, 0, false, false),
    SMALL_4_100_SGD("neo16", 4, 100, false, 0, false, false),
    MEDIUM_4_200_ADAM("neo125", 4, 200, true, 0, false, false),
    MEDIUM_4_200_ADAM_CHECKPOINTED("neo125", 4, 200, true, 0, true, false),
    MEDIUM_4_800_SGD("neo125", 4, 800, false, 0, false, false),
    MEDIUM_4_800_SGD_CHECKPOINTED("neo125", 4, 800, false, 0, true, false),
    MEDIUM_4_200_LORA("neo125", 4, 200, true, 8, false, false),
    LLAMA_8_200_ADAM("llama", 8, 200, true, 0, false, false),
    SMALL_8_200_KL("neo16", 8, 200, true, 0, false, true);

    private final String shape;
    private final int rows;
    private final int length;
    private final boolean adam;
    private final int rank;
    private final boolean checkpointed;
    private final boolean kl;

    Setting(
        String shape,
        int rows,
        int length,
        boolean adam,
        int rank,
        boolean checkpointed,
        boolean kl) {
      this.shape = shape;
      this.rows = rows;
      this.length = length;
      this.adam = adam;
      this.rank = rank;
      this.checkpointed = checkpointed;
      this.kl = kl;
    }
  }

  private MemoryRun() {}

  /** Runs it. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length == 2 && args[0].startsWith("child=")) {
      run(Path.of(args[0].substring("child=".length())), Setting.valueOf(args[1]));
      return;
    }
    List<Setting> settings =
        args.length == 0
            ? List.of(Setting.values())
            : Arrays.stream(args).map(Setting::valueOf).toList();
    Path folder = Files.createTempDirectory("memory-run");
    try {
      for (Setting setting : settings) {
        Path checkpoint = folder.resolve(setting.shape);
        if (Files.notExists(checkpoint)) {
          try (TrainableCausalLm model = Models.ofShape(setting.shape)) {
            CausalLms.save(model, checkpoint);
          }
        }
        Process child =
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-DOPT_OUT_TRACKING=true",
                    "-Dai.djl.offline=true",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                    "-cp",
                    System.getProperty("java.class.path"),
                    MemoryRun.class.getName(),
                    "child=" + checkpoint,
                    setting.name())
                .inheritIO()
                .start();
        int code = child.waitFor();
        if (code != 0) {
          throw new IOException(setting + " ended with " + code);
        }
      }
    } finally {
      MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
    }
  }

  private static void run(Path checkpoint, Setting setting) throws IOException {
    LoadOptions options =
        LoadOptions.builder().activationCheckpointing(setting.checkpointed).build();
    try (TrainableCausalLm model = CausalLms.load(checkpoint, options);
        Adapter adapter =
            setting.rank == 0 ? null : Adapters.lora().rank(setting.rank).attach(model)) {
      int vocabulary = model.vocabularySize();
      UnlearnerBuilder recipe =
          Unlearner.builder()
              .objective(
                  setting.kl
                      ? Objectives.gradientAscent().withRetain(1, RetainTerms.kl())
                      : Objectives.gradientAscent())
              .optimizer(setting.adam ? Optimizers.adam(1e-5) : Optimizers.sgd(1e-4))
              .stopWhen(StoppingCriteria.maxEpochs(2));
      if (setting.kl) {
        recipe.retain(Corpus.of(Models.sequences(setting.rows, setting.length, vocabulary)));
      }
      ForgetSet set = ForgetSet.of(Models.sequences(setting.rows, setting.length, vocabulary));
      long before = ResidentMemory.bytes();
      ResidentMemory.startPeak();
      ForgetReport report = recipe.build().forget(model, set);
      long peak = ResidentMemory.peakBytes() - before;
      EpochReport last = report.epochs().get(report.epochs().size() - 1);
      System.out.printf(
          Locale.ROOT,
          "%-32s %6d MiB, %5.2f s; %s%n",
          setting,
          peak >> 20,
          last.duration().toMillis() / 1e3,
          report.settings().get("planned"));
    }
  }
}
