package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
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
      if (arguments.has("unseen")) {
        List<TokenSequence> unseen = TextFile.read(arguments.path("unseen"), model);
        builder.unseen(Corpus.of(unseen));
        table.row("unseen", unseen);
      }
      if (arguments.has("retain")) {
        table.row("to retain", TextFile.read(arguments.path("retain"), model));
      }
      if (arguments.has("ma-threshold")) {
        builder.stopWhen(
            StoppingCriteria.forgotten(thresholds(arguments, forget))
                .or(StoppingCriteria.maxEpochs(arguments.maxEpochs())));
      } else {
        builder.order(arguments.order()).maxEpochs(arguments.maxEpochs());
      }
      Unlearner unlearner = builder.build();
      table.before();
      RunOptions.Builder options =
          RunOptions.builder().listener(ConsoleProgressBar.onStandardError());
      if (arguments.has("work")) {
        options.workDirectory(arguments.path("work"));
      }
      ForgetReport report = unlearner.forget(model, ForgetSet.of(forget), options.build());
      table.after();
      String el = ExtractionLikelihood.of(arguments.order()).key();
      // A restored model is what it was before.
      forgetRow.extraction(
          report.before().get(el), (report.restored() ? report.before() : report.after()).get(el));
      print(report, table, out);
      if (report.outcome() != Outcome.FORGOTTEN) {
        out.println("nothing was written; the model in memory is as it was");
        return false;
      }
      CausalLms.save(model, target);
      out.println("written to " + target);
      return true;
    }
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
                    "unseen text: loss %.4f, was %.4f; MA %.4f, was %.4f%n",
                    health.lossAfter(),
                    health.lossBefore(),
                    health.maAfter(),
                    health.maBefore()),
            () -> out.println("unseen text: not given, or nothing has changed"));
    if (report.criterionMet()) {
      out.printf(
          Locale.ROOT,
          "%d of %d sequences are above a threshold on their own%n",
          report.sequencesAbove().size(),
          report.sequenceNames().size());
    }
  }
}
