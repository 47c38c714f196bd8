package dev.unlearn.benchmarks;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.Precision;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizer;
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
  private enum Update {
    ADAM,
    SGD,
    MOMENTUM;

    Optimizer optimizer() {
      return switch (this) {
        case ADAM -> Optimizers.adam(1e-5);
        case SGD -> Optimizers.sgd(1e-4);
        case MOMENTUM -> Optimizers.sgd(1e-4, 0.9);
      };
    }
  }

  private enum Kind {
    PLAIN,
    LORA,
    CHECKPOINTED,
    KL,
    NPO,
    BFLOAT16
  }

  private enum Setting {
    SMALL_8_200_ADAM("neo16", 8, 200, Update.ADAM, Kind.PLAIN),
    SMALL_4_100_SGD("neo16", 4, 100, Update.SGD, Kind.PLAIN),
    SMALL_8_200_KL("neo16", 8, 200, Update.ADAM, Kind.KL),
    SMALL_8_200_NPO("neo16", 8, 200, Update.ADAM, Kind.NPO),
    MEDIUM_4_200_ADAM("neo125", 4, 200, Update.ADAM, Kind.PLAIN),
    MEDIUM_4_200_ADAM_CHECKPOINTED("neo125", 4, 200, Update.ADAM, Kind.CHECKPOINTED),
    MEDIUM_4_200_LORA("neo125", 4, 200, Update.ADAM, Kind.LORA),
    MEDIUM_4_800_SGD("neo125", 4, 800, Update.SGD, Kind.PLAIN),
    MEDIUM_4_800_SGD_CHECKPOINTED("neo125", 4, 800, Update.SGD, Kind.CHECKPOINTED),
    MEDIUM_8_200_BFLOAT16("neo125", 8, 200, Update.ADAM, Kind.BFLOAT16),
    LLAMA_8_200_ADAM("llama", 8, 200, Update.ADAM, Kind.PLAIN),
    LLAMA_8_200_CHECKPOINTED("llama", 8, 200, Update.ADAM, Kind.CHECKPOINTED),
    MEDIUM_2_400_KL("neo125", 2, 400, Update.SGD, Kind.KL),
    GROUPED_6_250_MOMENTUM("grouped", 6, 250, Update.MOMENTUM, Kind.PLAIN),
    CAPPED_4_250_ADAM("capped", 4, 250, Update.ADAM, Kind.PLAIN);

    private final String shape;
    private final int rows;
    private final int length;
    private final Update update;
    private final Kind kind;

    Setting(String shape, int rows, int length, Update update, Kind kind) {
      this.shape = shape;
      this.rows = rows;
      this.length = length;
      this.update = update;
      this.kind = kind;
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
                    "-Dai.djl.pytorch.num_threads=1",
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
        LoadOptions.builder()
            .activationCheckpointing(setting.kind == Kind.CHECKPOINTED)
            .precision(setting.kind == Kind.BFLOAT16 ? Precision.BFLOAT16_MIXED : Precision.FLOAT32)
            .build();
    try (TrainableCausalLm model = CausalLms.load(checkpoint, options);
        Adapter adapter =
            setting.kind == Kind.LORA ? Adapters.lora().rank(8).attach(model) : null) {
      int vocabulary = model.vocabularySize();
      UnlearnerBuilder recipe =
          Unlearner.builder()
              .objective(
                  switch (setting.kind) {
                    case KL -> Objectives.gradientAscent().withRetain(1, RetainTerms.kl());
                    case NPO -> Objectives.npo(0.1);
                    default -> Objectives.gradientAscent();
                  })
              .optimizer(setting.update.optimizer())
              .stopWhen(StoppingCriteria.maxEpochs(2));
      if (setting.kind == Kind.KL) {
        recipe.retain(Corpus.of(Models.sequences(setting.rows, setting.length, vocabulary)));
      }
      ForgetSet set = ForgetSet.of(Models.sequences(setting.rows, setting.length, vocabulary));
      long before = ResidentMemory.bytes();
      ResidentMemory.startPeak();
      ForgetReport report = recipe.build().forget(model, set);
      long peak = ResidentMemory.peakBytes() - before;
      System.out.printf(
          Locale.ROOT,
          "%-32s %6d MiB; %s%n",
          setting,
          peak >> 20,
          report.settings().get("planned"));
    }
  }
}
