package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Three requests to forget two records each, on three days, answered in two ways. A run for each
 * day's request does not look at those before it: what the next run trains may bring them back. A
 * run over all requests so far, with {@link Strategies#sequential} and a part per day, looks at
 * every part, works on those that are known, and ends when the same weights pass all.
 *
 * <p>Usage: {@code SequentialRequests}.
 */
public final class SequentialRequests {
  private static final long SEED = 42;
  private static final int DAYS = 3;
  private static final int PER_DAY = 2;
  private static final int KEPT = 6;

  private final Path folder;
  private final List<TokenSequence> records;
  private final ForgettingThresholds thresholds;
  private final PrintStream out;

  private SequentialRequests(
      Path folder, List<TokenSequence> records, ForgettingThresholds thresholds, PrintStream out) {
    this.folder = folder;
    this.records = records;
    this.thresholds = thresholds;
    this.out = out;
  }

  /** Runs it; exits with 0 only if the second way leaves everything forgotten. */
  public static void main(String[] args) throws IOException {
    Host.prepareForSmallModel();
    Path folder = Files.createTempDirectory("unlearn-requests").resolve("model");
    System.exit(run(folder, System.out).criterionMetTogether() ? 0 : 1);
  }

  /** Returns the report of the last day's run over all requests. */
  static ForgetReport run(Path folder, PrintStream out) {
    SyntheticText text = new SyntheticText(SEED);
    List<TokenSequence> records;
    ForgettingThresholds thresholds;
    try (TrainableCausalLm model = SmallModel.create(SEED, 2, 64)) {
      records = Teacher.recite(model, text.records(DAYS * PER_DAY + KEPT));
      List<TokenSequence> unseen =
          SyntheticText.secrets(model.tokenizer().sequences(text.records(16)));
      thresholds = ForgettingThresholds.measure(model, Corpus.of(unseen), 10);
      CausalLms.save(model, folder);
    }
    out.printf(Locale.ROOT, "MA; forgotten is below %.3f%n%n", thresholds.maThreshold());
    SequentialRequests requests = new SequentialRequests(folder, records, thresholds, out);
    var unused = requests.answer("a run for each day's request", false);
    return requests.answer("a run over all requests so far, a part per day", true);
  }

  private ForgetReport answer(String title, boolean allSoFar) {
    out.println(title);
    out.println("               day 1  day 2  day 3   kept  updates");
    List<ForgetReport> reports = new ArrayList<>();
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      row("before", model, "");
      for (int day = 1; day <= DAYS; day++) {
        ForgetSet set =
            ForgetSet.of(records.subList(allSoFar ? 0 : (day - 1) * PER_DAY, day * PER_DAY));
        Strategy strategy = allSoFar ? Strategies.sequential(day) : Strategies.allAtOnce();
        ForgetReport report = unlearner(strategy).forget(model, set);
        row("after day " + day, model, updates(report));
        reports.add(report);
      }
    }
    out.println();
    return reports.get(DAYS - 1);
  }

  private Unlearner unlearner(Strategy strategy) {
    List<TokenSequence> kept = records.subList(DAYS * PER_DAY, records.size());
    return Unlearner.builder()
        .strategy(strategy)
        .objective(Objectives.ceU().withRetain(5, RetainTerms.crossEntropy()))
        .retain(Corpus.of(kept))
        .retainPerUpdate(kept.size())
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(StoppingCriteria.forgotten(thresholds).or(StoppingCriteria.maxTotalEpochs(200)))
        .build();
  }

  /** The updates that each part took, in the order in which they were worked on. */
  private static String updates(ForgetReport report) {
    return report.lotEnds().stream().map(EpochReport::lotEpoch).toList() + " " + report.outcome();
  }

  private void row(String name, TrainableCausalLm model, String updates) {
    StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-13s", name));
    for (int day = 0; day < DAYS; day++) {
      line.append(accuracy(model, records.subList(day * PER_DAY, (day + 1) * PER_DAY)));
    }
    line.append(accuracy(model, records.subList(DAYS * PER_DAY, records.size())));
    out.println(line + "  " + updates);
  }

  private static String accuracy(TrainableCausalLm model, List<TokenSequence> sequences) {
    double value = MemorizationAccuracy.of().measure(model, sequences).value();
    return String.format(Locale.ROOT, "  %5.3f", value);
  }
}
