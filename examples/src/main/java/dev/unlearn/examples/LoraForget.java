package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Forgets with a LoRA adapter. The model's own weights stay as they are, bit for bit; what was
 * forgotten is in a few matrices beside them, saved for Python's PEFT, and once more merged into a
 * model of its own.
 *
 * <p>Usage: {@code LoraForget}.
 */
public final class LoraForget {
  private static final long SEED = 42;

  private LoraForget() {}

  /** Runs it; exits with 0 only if the records are forgotten and the base is untouched. */
  public static void main(String[] args) throws IOException {
    Host.prepareForSmallModel();
    System.exit(run(Files.createTempDirectory("unlearn-lora"), System.out) ? 0 : 1);
  }

  static boolean run(Path folder, PrintStream out) {
    Path base = folder.resolve("base");
    List<TokenSequence> records = makeBase(base);
    String digest;
    boolean untouched;
    ForgetReport report;
    try (TrainableCausalLm model = CausalLms.load(base)) {
      digest = WeightsDigest.of(model);
      row("the base", model, records, out);
      report = forget(model, records.subList(0, 2), folder.resolve("adapter"), records, out);
      row("the adapter closed", model, records, out);
      untouched = WeightsDigest.of(model).equals(digest);
      merge(model, folder.resolve("adapter"), folder.resolve("merged"));
    }
    try (TrainableCausalLm merged = CausalLms.load(folder.resolve("merged"))) {
      row("merged, saved, loaded", merged, records, out);
    }
    try (TrainableCausalLm again = CausalLms.load(base)) {
      untouched &= WeightsDigest.of(again).equals(digest);
    }
    out.println("the base's weights, in memory and on disk: " + (untouched ? "the same" : "OTHER"));
    return untouched && report.outcome() == Outcome.FORGOTTEN;
  }

  private static List<TokenSequence> makeBase(Path base) {
    try (TrainableCausalLm model = SmallModel.create(SEED, 2, 64)) {
      List<TokenSequence> records = Teacher.recite(model, new SyntheticText(SEED).records(4));
      CausalLms.save(model, base);
      return records;
    }
  }

  private static ForgetReport forget(
      TrainableCausalLm model,
      List<TokenSequence> forget,
      Path folder,
      List<TokenSequence> records,
      PrintStream out) {
    Unlearner unlearner =
        Unlearner.builder()
            .optimizer(Optimizers.adam(2e-3))
            .stopWhen(
                StoppingCriteria.below(MemorizationAccuracy.of(), 0.2)
                    .or(StoppingCriteria.maxEpochs(100)))
            .build();
    try (Adapter adapter = Adapters.lora().rank(4).alpha(8).attach(model)) {
      ForgetReport report = unlearner.forget(model, ForgetSet.of(forget));
      row("with the adapter", model, records, out);
      adapter.save(folder); // adapter_config.json and adapter_model.safetensors
      return report;
    }
  }

  private static void merge(TrainableCausalLm model, Path adapterFolder, Path target) {
    try (Adapter adapter = Adapters.load(model, adapterFolder)) {
      adapter.merge();
      CausalLms.save(model, target);
    }
  }

  private static void row(
      String name, CausalLm model, List<TokenSequence> records, PrintStream out) {
    out.printf(
        Locale.ROOT,
        "%-22s MA of two forgotten records %.3f, of two others %.3f%n",
        name,
        MemorizationAccuracy.of().measure(model, records.subList(0, 2)).value(),
        MemorizationAccuracy.of().measure(model, records.subList(2, 4)).value());
  }
}
