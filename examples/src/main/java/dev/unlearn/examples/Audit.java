package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.eval.report.AuditReport;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Says what a model still knows of the texts of a file, what brings them back, and what the model
 * can do besides, and writes a report for people. With {@code --unlearned} it compares two models,
 * and makes the second one first if it is not there.
 *
 * <p>Usage: see {@link AuditArguments#USAGE}.
 */
public final class Audit {
  private Audit() {}

  /** Runs it; exits with 1 if it should unlearn and could not, and reports that. */
  public static void main(String[] args) {
    Host.prepare();
    try {
      System.exit(run(AuditArguments.parse(args), System.out) ? 0 : 1);
    } catch (IllegalArgumentException | UnlearningException | IOException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  static boolean run(AuditArguments arguments, PrintStream out) throws IOException {
    checkTarget(arguments.path("out"));
    try (TrainableCausalLm model = CausalLms.load(arguments.path("model"))) {
      List<TokenSequence> unseen = TextFile.read(arguments.path("unseen"), model);
      ForgetSet set = ForgetSet.of(TextFile.read(arguments.path("forget"), model));
      AuditWork work = new AuditWork(arguments, set, unseen);
      if (!arguments.has("unlearned")) {
        write(work.audit(model, Optional.empty(), Optional.empty()), arguments, out);
        return true;
      }
      Path folder = arguments.path("unlearned");
      Optional<ForgetReport> run = Optional.empty();
      if (!Files.isDirectory(folder)) {
        run = Optional.of(unlearn(arguments, set, unseen, folder));
        if (!run.get().succeeded()) {
          out.println(run.get().outcome() + ": " + run.get().reason());
          write(work.audit(model, Optional.empty(), run), arguments, out);
          return false;
        }
      }
      try (TrainableCausalLm unlearned = CausalLms.load(folder)) {
        write(work.audit(unlearned, Optional.of(model), run), arguments, out);
      }
      return true;
    }
  }

  /** Refuses before anything is measured what could not be written at the end. */
  private static void checkTarget(Path target) {
    if (Files.exists(target)) {
      throw new IllegalArgumentException(
          "--out must not exist, because reports are never replaced, but is there: " + target);
    }
    Path parent = target.toAbsolutePath().getParent();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    if (parent == null || !Files.isDirectory(parent) || !Files.isWritable(parent)) {
      throw new IllegalArgumentException(
          "--out must be in a folder that can be written to, but is in: " + parent);
    }
  }

  /** Unlearns a second copy, so that there is the first one to compare with. */
  private static ForgetReport unlearn(
      AuditArguments arguments, ForgetSet set, List<TokenSequence> unseen, Path folder)
      throws IOException {
    try (TrainableCausalLm model = CausalLms.load(arguments.path("model"))) {
      CausalLms.checkSavable(model, folder);
      List<TokenSequence> health =
          arguments.has("health") ? TextFile.read(arguments.path("health"), model) : List.of();
      UnlearnerBuilder unlearner =
          Unlearner.builder()
              .optimizer(Optimizers.adam(arguments.learningRate()))
              .guard(Watched.everyEpoch(Perplexity.of(), Corpus.of(unseen)));
      Keeping.untilLike(
          unlearner, model, set, unseen, health, arguments.order(), arguments.maxEpochs());
      if (arguments.has("retain")) {
        Keeping.retain(unlearner, TextFile.read(arguments.path("retain"), model));
      }
      RunOptions options =
          RunOptions.builder().listener(ConsoleProgressBar.onStandardError()).build();
      ForgetReport report;
      try (TrainedWeights trained = Keeping.trainOnly(model, arguments.train())) {
        report = unlearner.build().forget(model, set, options);
      }
      if (report.succeeded()) {
        CausalLms.save(model, folder);
      }
      return report;
    }
  }

  private static void write(
      dev.unlearn.eval.audit.Audit audit, AuditArguments arguments, PrintStream out)
      throws IOException {
    AuditReport.write(audit, arguments.path("out"));
    audit.attacks().forEach(attack -> out.printf("%-12s %s%n", attack.recovery(), attack.title()));
    out.println("written to " + arguments.path("out").resolve("audit.html"));
  }
}
