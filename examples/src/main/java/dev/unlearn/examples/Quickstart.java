package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The whole story on a model of our own making, in about a minute on two cores: teach a small
 * GPT-Neo general sentences and 32 synthetic personal records until it recites them, make it forget
 * eight of them while sixteen others are kept in training, compare before and after, save, reload
 * and check. The last eight say what became of records that nobody asked about.
 *
 * <p>Usage: {@code Quickstart}.
 */
public final class Quickstart {
  private static final long SEED = 42;
  private static final int ORDER = 10;
  private static final int MAX_STEPS = 400;

  /**
   * The feed-forward weights of the upper half of the layers: what is forgotten there costs least.
   */
  private static final String UPPER = "(.*\\.)?h\\.[23]\\.mlp\\..*";

  private final int group;
  private final PrintStream out;

  /**
   * Prepares the story.
   *
   * @param group how many records are forgotten; the other numbers are multiples of it
   */
  private Quickstart(int group, PrintStream out) {
    this.group = group;
    this.out = out;
  }

  /** Runs it; exits with 0 only if the records are forgotten and the saved model is the same. */
  public static void main(String[] args) throws IOException {
    Host.prepare();
    // Faster than two for a model this small, and not slowed down by what else runs.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    System.exit(run(8, System.out) ? 0 : 1);
  }

  static boolean run(int group, PrintStream out) throws IOException {
    return new Quickstart(group, out).run();
  }

  private boolean run() throws IOException {
    SyntheticText text = new SyntheticText(SEED);
    List<String> records = text.records(12 * group);
    List<String> taught = records.subList(0, 4 * group);
    List<String> heldOut = text.sentences(4 * group);
    List<String> keptSentences = text.sentences(12 * group);
    try (TrainableCausalLm model = SmallModel.create(SEED)) {
      out.printf(
          Locale.ROOT,
          "A GPT-Neo of %,d parameters learns general sentences and %d personal records …%n",
          model.info().parameterCount(),
          taught.size());
      teach(model, text, taught);

      List<TokenSequence> forget = records(model, taught.subList(0, group));
      List<TokenSequence> retain = records(model, taught.subList(group, 3 * group));
      List<TokenSequence> otherTaught = records(model, taught.subList(3 * group, 4 * group));
      List<TokenSequence> unseen = records(model, records.subList(4 * group, 12 * group));
      Table table = new Table(model, ORDER);
      Map<Table.Row, List<TokenSequence>> rows = new LinkedHashMap<>();
      row(table, "records to forget", forget, rows);
      row(table, "records to retain", retain, rows);
      row(table, "other records it learned", otherTaught, rows);
      row(table, "records it never saw", unseen, rows);
      table.row(heldOut.size() + " sentences it never saw", model.tokenizer().sequences(heldOut));
      table.before();
      Map<Table.Row, MetricResult> extraction = extraction(model, rows);
      final String before = continuation(model, forget.get(0));

      ForgetReport report;
      try (TrainedWeights upper = Adapters.trainOnly(model, UPPER)) {
        report =
            unlearner(
                    model,
                    unseen,
                    both(retain, model.tokenizer().sequences(keptSentences)),
                    heldOut)
                .forget(
                    model,
                    ForgetSet.of(forget),
                    RunOptions.builder().listener(ConsoleProgressBar.onStandardError()).build());
      }

      table.after();
      extraction(model, rows).forEach((row, now) -> row.extraction(extraction.get(row), now));
      out.println();
      table.print(out);
      out.println();
      Probes.of(model, forget, unseen).print(out);
      out.println();
      out.println("prompt  " + model.tokenizer().decode(prompt(forget.get(0)).ids()));
      out.println("secret  " + secret(model, forget.get(0)));
      out.println("before  " + before);
      out.println("after   " + continuation(model, forget.get(0)));
      out.println();
      print(report);
      boolean same = savesAndReloads(model, forget);
      return report.outcome() == Outcome.FORGOTTEN && same;
    }
  }

  private static void row(
      Table table,
      String name,
      List<TokenSequence> sequences,
      Map<Table.Row, List<TokenSequence>> rows) {
    rows.put(table.row(sequences.size() + " " + name, sequences), sequences);
  }

  /**
   * Trains until the records are recited, then some more with many others, so that the model knows
   * what to make of a name it has not seen.
   */
  private void teach(TrainableCausalLm model, SyntheticText text, List<String> taught) {
    teach(model, text, taught, 2 * group, 2e-3, 0.5, MAX_STEPS);
    teach(model, text, taught, 2 * group, 1e-3, 0.95, MAX_STEPS);
    teach(model, text, taught, 5 * group, 3e-4, Double.POSITIVE_INFINITY, 10 * group);
  }

  /** The records again and again, among sentences and other records that never come twice. */
  private void teach(
      TrainableCausalLm model,
      SyntheticText text,
      List<String> taught,
      int otherRecords,
      double learningRate,
      double wantedAccuracy,
      int maxSteps) {
    List<TokenSequence> again = records(model, taught);
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(learningRate), 1 << 13)) {
      double accuracy = 0;
      for (int step = 0; step < maxSteps && accuracy < wantedAccuracy; step++) {
        List<TokenSequence> batch = new ArrayList<>(model.tokenizer().sequences(taught));
        batch.addAll(model.tokenizer().sequences(text.sentences(3 * group / 2)));
        batch.addAll(model.tokenizer().sequences(text.records(otherRecords)));
        updates.update(batch);
        if (step % 10 == 9) {
          accuracy = MemorizationAccuracy.of().measure(model, again).value();
        }
      }
      out.printf(Locale.ROOT, "  it predicts %.0f %% of the records' numbers%n", 100 * accuracy);
    }
  }

  /** Records of which only the number is a secret: what stands before it is context. */
  private static List<TokenSequence> records(TrainableCausalLm model, List<String> texts) {
    return SyntheticText.secrets(model.tokenizer().sequences(texts));
  }

  private static List<TokenSequence> both(List<TokenSequence> some, List<TokenSequence> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  private static TokenSequence prompt(TokenSequence record) {
    return TokenSequence.of(record.ids(0, record.promptLength()));
  }

  private static String secret(TrainableCausalLm model, TokenSequence record) {
    return model.tokenizer().decode(record.ids(record.promptLength(), record.length()));
  }

  private static String continuation(TrainableCausalLm model, TokenSequence record) {
    int[] ids = model.generate(List.of(prompt(record)), Decoding.greedyTo(record.length())).get(0);
    return model.tokenizer().decode(ids);
  }

  /**
   * Forgets until the records are no more extractable than records the model never saw. Whether the
   * model stays healthy is judged by sentences, which is what it is for.
   */
  private static Unlearner unlearner(
      TrainableCausalLm model,
      List<TokenSequence> unseenRecords,
      List<TokenSequence> retain,
      List<String> sentences) {
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(model, Corpus.of(unseenRecords), ORDER);
    return Unlearner.builder()
        .objective(Objectives.ceU().withRetain(20, RetainTerms.crossEntropy()))
        .retain(Corpus.of(retain))
        .retainPerUpdate(retain.size())
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(StoppingCriteria.forgotten(thresholds).or(StoppingCriteria.maxEpochs(100)))
        .unseen(Corpus.ofTexts(sentences))
        .build();
  }

  private void print(ForgetReport report) {
    out.printf(
        Locale.ROOT,
        "%s after %d epochs: %s%n",
        report.outcome(),
        report.epochCount(),
        report.reason());
    report
        .health()
        .ifPresent(
            health ->
                out.printf(
                    Locale.ROOT,
                    "health, on the sentences: loss %.3f, was %.3f; MA %.3f, was %.3f%n",
                    health.lossAfter(),
                    health.lossBefore(),
                    health.maAfter(),
                    health.maBefore()));
  }

  private static Map<Table.Row, MetricResult> extraction(
      TrainableCausalLm model, Map<Table.Row, List<TokenSequence>> rows) {
    Map<Table.Row, MetricResult> results = new LinkedHashMap<>();
    rows.forEach(
        (row, sequences) ->
            results.put(row, ExtractionLikelihood.of(ORDER).measure(model, sequences)));
    return results;
  }

  private boolean savesAndReloads(TrainableCausalLm model, List<TokenSequence> forget)
      throws IOException {
    Path folder = Files.createTempDirectory("unlearn-quickstart").resolve("forgotten");
    CausalLms.save(model, folder);
    try (TrainableCausalLm reloaded = CausalLms.load(folder)) {
      boolean same = numbers(model, forget).equals(numbers(reloaded, forget));
      out.printf(
          "saved to %s; reloaded, its numbers are %s%n", folder, same ? "the same" : "DIFFERENT");
      return same;
    }
  }

  private static List<Double> numbers(TrainableCausalLm model, List<TokenSequence> sequences) {
    return List.of(
        ExtractionLikelihood.of(ORDER).measure(model, sequences).value(),
        MemorizationAccuracy.of().measure(model, sequences).value(),
        Perplexity.of().measure(model, sequences).value());
  }
}
