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
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Makes a model in a HuggingFace folder forget the texts of a file, and writes the result to a new
 * folder. Exits with 0 only if they are forgotten; otherwise nothing is written.
 *
 * <p>Usage: see {@link ForgetArguments#USAGE}.
 */
public final class Forget {
  private Forget() {}

  /** Runs it. */
  public static void main(String[] args) {
    Host.prepare();
    try {
      System.exit(run(ForgetArguments.parse(args), System.out) ? 0 : 1);
    } catch (IllegalArgumentException | UnlearningException | IOException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  static boolean run(ForgetArguments arguments, PrintStream out) throws IOException {
    Path target = arguments.path("out");
    try (TrainableCausalLm model = CausalLms.load(arguments.path("model"))) {
      CausalLms.checkSavable(model, target);
      List<TokenSequence> forget = TextFile.read(arguments.path("forget"), model);
      UnlearnerBuilder builder =
          Unlearner.builder().optimizer(Optimizers.adam(arguments.learningRate()));
      Table table = new Table(model, arguments.order());
      Table.Row forgetRow = table.row("to forget", forget);
      List<TokenSequence> unseen = read(arguments, "unseen", model);
      if (!unseen.isEmpty()) {
        table.row("unseen", unseen);
      }
      List<TokenSequence> health = read(arguments, "health", model);
      if (!health.isEmpty()) {
        table.row("health", health);
      }
      if (arguments.has("retain")) {
        List<TokenSequence> retain = TextFile.read(arguments.path("retain"), model);
        Keeping.retain(builder, retain);
        table.row("to retain", retain);
      }
      if (arguments.has("watch")) {
        table.row("watched", TextFile.read(arguments.path("watch"), model));
      }
      ForgetSet set = ForgetSet.of(forget);
      if (arguments.has("ma-threshold")) {
        Keeping.until(builder, thresholds(arguments, forget), arguments.maxEpochs());
        List<TokenSequence> harmed = health.isEmpty() ? unseen : health;
        if (!harmed.isEmpty()) {
          builder.unseen(Corpus.of(harmed));
        }
      } else {
        Keeping.untilLike(
            builder, model, set, unseen, health, arguments.order(), arguments.maxEpochs());
      }
      Unlearner unlearner = builder.build();
      table.before();
      RunOptions.Builder options =
          RunOptions.builder().listener(ConsoleProgressBar.onStandardError());
      if (arguments.has("work")) {
        options.workDirectory(arguments.path("work"));
      }
      ForgetReport report;
      try (TrainedWeights trained = Keeping.trainOnly(model, arguments.train())) {
        report = unlearner.forget(model, set, options.build());
      }
      table.after();
      String el = ExtractionLikelihood.of(arguments.order()).key();
      // A restored model is what it was before.
      forgetRow.extraction(
          report.before().get(el), (report.restored() ? report.before() : report.after()).get(el));
      print(report, table, out);
      if (!report.succeeded()) {
        out.println("nothing was written; the model in memory is as it was");
        return false;
      }
      CausalLms.save(model, target);
      out.println("written to " + target);
      return true;
    }
  }

  private static List<TokenSequence> read(
      ForgetArguments arguments, String option, TrainableCausalLm model) throws IOException {
    return arguments.has(option) ? TextFile.read(arguments.path(option), model) : List.of();
  }

  private static ForgettingThresholds thresholds(
      ForgetArguments arguments, List<TokenSequence> forget) {
    int length = forget.get(0).length();
    return ForgettingThresholds.of(
        arguments.order(),
        length,
        arguments.number("el-threshold"),
        arguments.number("ma-threshold"));
  }

  private static void print(ForgetReport report, Table table, PrintStream out) {
    table.print(out);
    out.println();
    out.printf(
        Locale.ROOT,
        "%s after %d epochs: %s%n",
        report.outcome(),
        report.epochCount(),
        report.reason());
    report
        .health()
        .ifPresentOrElse(
            health ->
                out.printf(
                    Locale.ROOT,
                    "health: loss %.4f, was %.4f; MA %.4f, was %.4f%n",
                    health.lossAfter(),
                    health.lossBefore(),
                    health.maAfter(),
                    health.maBefore()),
            () -> out.println("health: no text for it, or nothing has changed"));
    if (report.criterionMet()) {
      out.printf(
          Locale.ROOT,
          "%d of %d sequences are above a threshold on their own%n",
          report.sequencesAbove().size(),
          report.sequenceNames().size());
    }
  }
}
