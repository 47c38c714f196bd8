package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole story on a model of our own making, in about a minute on two cores: teach a small
 * GPT-Neo general sentences and sixteen synthetic personal records until it recites them, make it
 * forget eight of them, compare before and after, save, reload and check.
 *
 * <p>Usage: {@code Quickstart}.
 */
public final class Quickstart {
  private static final long SEED = 42;
  private static final int ORDER = 10;

  private Quickstart() {}

  /** Runs it; exits with 0 only if the records are forgotten and the saved model is the same. */
  public static void main(String[] args) throws IOException {
    Host.prepare();
    SyntheticText text = new SyntheticText(SEED);
    List<String> records = text.records(48);
    List<String> heldOut = text.sentences(32);
    try (TrainableCausalLm model = SmallModel.create(SEED)) {
      System.out.printf(
          "A GPT-Neo of %,d parameters learns general sentences and 16 personal records …%n",
          model.info().parameterCount());
      teach(model, text, records.subList(0, 16));

      List<TokenSequence> forget = records(model, records.subList(0, 8));
      List<TokenSequence> otherTaught = records(model, records.subList(8, 16));
      List<String> neverSeen = records.subList(16, 48);
      List<TokenSequence> unseen = records(model, neverSeen);
      Table table = new Table(model, ORDER);
      Map<Table.Row, List<TokenSequence>> rows = new LinkedHashMap<>();
      rows.put(table.row("8 records to forget", forget), forget);
      rows.put(table.row("8 other records it learned", otherTaught), otherTaught);
      rows.put(table.row("32 records it never saw", unseen), unseen);
      table.row("32 sentences it never saw", model.tokenizer().sequences(heldOut));
      table.before();
      Map<Table.Row, MetricResult> extraction = extraction(model, rows);
      final String before = continuation(model, forget.get(0));

      ForgetReport report =
          Unlearner.untilLike(Corpus.ofTexts(neverSeen))
              .forget(
                  model,
                  ForgetSet.of(forget),
                  RunOptions.builder().listener(ConsoleProgressBar.onStandardError()).build());

      table.after();
      extraction(model, rows).forEach((row, now) -> row.extraction(extraction.get(row), now));
      System.out.println();
      table.print(System.out);
      System.out.println();
      System.out.println("prompt  " + model.tokenizer().decode(prompt(forget.get(0)).ids()));
      System.out.println("secret  " + secret(model, forget.get(0)));
      System.out.println("before  " + before);
      System.out.println("after   " + continuation(model, forget.get(0)));
      System.out.println();
      System.out.printf(
          "%s after %d epochs: %s%n", report.outcome(), report.epochCount(), report.reason());
      boolean same = savesAndReloads(model, forget);
      System.exit(report.outcome() == Outcome.FORGOTTEN && same ? 0 : 1);
    }
  }

  /** The records again and again, among sentences and other records that never come twice. */
  private static void teach(TrainableCausalLm model, SyntheticText text, List<String> taught) {
    List<TokenSequence> again = model.tokenizer().sequences(taught);
    for (double learningRate : new double[] {2e-3, 1e-3, 3e-4}) {
      try (Updates updates =
          new Updates(
              model, Objectives.gradientDescent(), Optimizers.adam(learningRate), 1 << 13)) {
        for (int step = 0; step < 120; step++) {
          List<TokenSequence> batch = new ArrayList<>(again);
          batch.addAll(model.tokenizer().sequences(text.sentences(16)));
          batch.addAll(model.tokenizer().sequences(text.records(16)));
          updates.update(batch);
        }
      }
    }
  }

  /** Records of which only the number is a secret: what stands before it is context. */
  private static List<TokenSequence> records(TrainableCausalLm model, List<String> texts) {
    return model.tokenizer().sequences(texts).stream()
        .map(sequence -> sequence.withPromptLength(SyntheticText.PROMPT_LENGTH))
        .toList();
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

  private static Map<Table.Row, MetricResult> extraction(
      TrainableCausalLm model, Map<Table.Row, List<TokenSequence>> rows) {
    Map<Table.Row, MetricResult> results = new LinkedHashMap<>();
    rows.forEach(
        (row, sequences) ->
            results.put(row, ExtractionLikelihood.of(ORDER).measure(model, sequences)));
    return results;
  }

  private static boolean savesAndReloads(TrainableCausalLm model, List<TokenSequence> forget)
      throws IOException {
    Path folder = Files.createTempDirectory("unlearn-quickstart").resolve("forgotten");
    CausalLms.save(model, folder);
    try (TrainableCausalLm reloaded = CausalLms.load(folder)) {
      boolean same = numbers(model, forget).equals(numbers(reloaded, forget));
      System.out.printf(
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
