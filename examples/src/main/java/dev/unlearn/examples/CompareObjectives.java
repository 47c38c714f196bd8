package dev.unlearn.examples;

import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Lets objectives forget the same, each from the same start, and shows what it costs the rest: text
 * that was trained on meanwhile, text that was held out, and the targets behind true tokens.
 *
 * <p>Usage: see {@link #USAGE}.
 */
public final class CompareObjectives {
  static final String USAGE =
      """
      usage: CompareObjectives [options]
      a model that has memorised a text:
        --model DIR         a HuggingFace folder
        --text FILE         the text; windows of it are forgotten, retained and held out
        --window N          tokens of a window, default 100
        --forget N          windows to forget, default 8
        --ma-threshold X    MA of a model that never saw the targets, default 0.33
        --el-threshold X    its EL_10, default 0.01
      a model that is taught records first, with a twin that sets the thresholds:
        --teach DIR         a HuggingFace folder; without any option, a new small model
        --start ID          the token that its own text begins with, default 1
      both:
        --seed N            what is drawn, default 1
        --max-epochs N      default 60
        --plot FILE         an SVG of MA on the targets and on what was held out, epoch by epoch""";

  private static final List<String> NAMES =
      List.of(
          "model",
          "text",
          "window",
          "forget",
          "ma-threshold",
          "el-threshold",
          "teach",
          "start",
          "seed",
          "max-epochs",
          "plot");

  private static final int ORDER = 10;

  private final Subject subject;
  private final int maxEpochs;
  private final long seed;
  private final PrintStream out;

  private CompareObjectives(Subject subject, int maxEpochs, long seed, PrintStream out) {
    this.subject = subject;
    this.maxEpochs = maxEpochs;
    this.seed = seed;
    this.out = out;
  }

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    Host.prepare();
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    run(args, System.out);
  }

  static void run(String[] args, PrintStream out) throws IOException {
    Arguments arguments = Arguments.parse(USAGE, NAMES, List.of(), args);
    int seed = arguments.integer("seed", 1);
    CompareObjectives comparison =
        new CompareObjectives(
            subject(arguments, seed), arguments.integer("max-epochs", 60), seed, out);
    ForgettingPlot plot = new ForgettingPlot();
    comparison.run(plot);
    if (arguments.has("plot")) {
      plot.write(arguments.path("plot"));
    }
  }

  private static Subject subject(Arguments arguments, long seed) throws IOException {
    if (arguments.has("model")) {
      ForgettingThresholds thresholds =
          ForgettingThresholds.of(
              ORDER,
              arguments.integer("window", 100),
              arguments.number("el-threshold", 0.01),
              arguments.number("ma-threshold", 0.33));
      return WindowSubject.of(
          arguments.path("model"),
          arguments.path("text"),
          arguments.integer("forget", 8),
          thresholds,
          seed);
    }
    return arguments.has("teach")
        ? RecordSubject.ofModel(arguments.path("teach"), arguments.integer("start", 1), seed)
        : RecordSubject.ofNewModel(seed);
  }

  private void run(ForgettingPlot plot) {
    out.printf(
        Locale.ROOT,
        "forgotten: MA below %.3f and EL_10 below %.4f%n%n",
        subject.thresholds().maThreshold(),
        subject.thresholds().elThreshold());
    row("", "outcome", "epochs", "targets", "EL_10", "retained", "held out", "general", "in front");
    try (TrainableCausalLm model = subject.model().get()) {
      row("untouched", model, "", "");
    }
    for (Contender contender : Contender.all()) {
      try (TrainableCausalLm model = subject.model().get()) {
        ForgetReport report;
        try (TrainedWeights trained = Adapters.trainOnly(model, contender.trained(model))) {
          report = unlearner(contender).forget(model, ForgetSet.of(subject.targets()));
        }
        row(
            contender.name(),
            model,
            report.outcome().toString(),
            Integer.toString(report.epochCount()));
        plot.add(contender.name(), report);
      }
    }
  }

  private Unlearner unlearner(Contender contender) {
    Corpus heldOut = Corpus.of(subject.heldOut());
    UnlearnerBuilder builder =
        Unlearner.builder()
            .objective(contender.objective())
            .optimizer(contender.optimizer())
            .stopWhen(
                StoppingCriteria.forgotten(subject.thresholds())
                    .or(StoppingCriteria.maxEpochs(maxEpochs)))
            .guard(Watched.accuracyOn(heldOut))
            .onGiveUp(GiveUp.KEEP_LAST)
            .seed(seed);
    if (contender.objective().needs().contains(Need.RETAIN)) {
      builder.retain(Corpus.of(subject.retain())).retainPerUpdate(subject.retain().size());
    }
    if (contender.maxContext() > 0) {
      builder.randomContext(contender.maxContext(), 0);
    }
    return builder.build();
  }

  private void row(String name, CausalLm model, String outcome, String epochs) {
    StringBuilder inFront = new StringBuilder();
    subject
        .inFront()
        .forEach(
            (tokens, sequences) ->
                inFront.append("+%d: %s  ".formatted(tokens, accuracy(model, sequences))));
    row(
        name,
        outcome,
        epochs,
        accuracy(model, subject.targets()),
        number(ExtractionLikelihood.of(ORDER).measure(model, subject.targets()).value()),
        accuracy(model, subject.retain()),
        accuracy(model, subject.heldOut()),
        subject.general().isEmpty()
            ? "-"
            : number(Perplexity.of().measure(model, subject.general()).value()),
        inFront.toString().strip());
  }

  private static String accuracy(CausalLm model, List<TokenSequence> sequences) {
    return number(MemorizationAccuracy.of().measure(model, sequences).value());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private void row(String name, String... cells) {
    out.printf(
        Locale.ROOT,
        "%-32s %-10s %6s %8s %7s %9s %9s %8s  %s%n",
        name,
        cells[0],
        cells[1],
        cells[2],
        cells[3],
        cells[4],
        cells[5],
        cells[6],
        cells[7]);
  }
}
