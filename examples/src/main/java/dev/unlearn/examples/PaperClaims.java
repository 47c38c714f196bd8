package dev.unlearn.examples;

import static java.util.Objects.requireNonNull;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * Tries what the paper says about forgetting by gradient ascent on models of its own making: what
 * the size of the forget set, sequential forgetting and the domain of the text do to the rest of
 * the model. Writes {@code runs.csv}, a line per run, and {@code epochs.csv}, a line per epoch.
 *
 * <p>Usage: see {@link #USAGE}.
 */
public final class PaperClaims {
  static final String USAGE =
      """
      usage: PaperClaims --out DIR [options]
        --out DIR           where runs.csv and epochs.csv go
        --layers N          of the model, even, default 4
        --width N           default 96
        --seed N            of the model and what it is taught, default 1
        --samplings N       draws of each setting, default 5
        --learning-rate X   default 2e-4
        --max-epochs N      of a run, default 100""";

  private static final List<String> NAMES =
      List.of("out", "layers", "width", "seed", "samplings", "learning-rate", "max-epochs");

  private static final int SEQUENTIAL_SET = 32;
  private static final int CHUNKS = 4;
  private static final int DOMAIN_SET = 8;

  private final ClaimsWorld world;
  private final String name;
  private final Arguments arguments;
  private final PrintStream runs;
  private final PrintStream epochs;

  private PaperClaims(
      ClaimsWorld world, String name, Arguments arguments, PrintStream runs, PrintStream epochs) {
    this.world = world;
    this.name = name;
    this.arguments = arguments;
    this.runs = runs;
    this.epochs = epochs;
  }

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    Host.prepare();
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    Arguments arguments = Arguments.parse(USAGE, NAMES, List.of("out"), args);
    int layers = arguments.integer("layers", 4);
    int width = arguments.integer("width", 96);
    int seed = arguments.integer("seed", 1);
    Path out = Files.createDirectories(arguments.path("out"));
    ClaimsWorld world = ClaimsWorld.of(layers, width, seed);
    try (PrintStream runs = new PrintStream(Files.newOutputStream(out.resolve("runs.csv")));
        PrintStream epochs = new PrintStream(Files.newOutputStream(out.resolve("epochs.csv")))) {
      String name = "%dx%d,%d".formatted(layers, width, seed);
      new PaperClaims(world, name, arguments, runs, epochs).run();
    }
  }

  private void run() {
    runs.println(
        "model,teaching,claim,setting,sampling,outcome,epochs,epochs_per_lot,ma_threshold,ma,"
            + "ma_all_targets,other_taught_ma,sentences_ma,sentences_perplexity");
    epochs.println("model,teaching,claim,setting,sampling,epoch,ma,other_taught_ma");
    try (TrainableCausalLm model = CausalLms.load(world.folder())) {
      line("untouched", "-", 0, model, world.targets(), "-", 0, "-", world.thresholds());
    }
    for (int sampling = 1; sampling <= arguments.integer("samplings", 5); sampling++) {
      List<TokenSequence> order = new ArrayList<>(world.targets());
      Collections.shuffle(order, new Random(sampling));
      for (int size = 1; size <= order.size(); size *= 2) {
        String setting = Integer.toString(size);
        forget(
            "size",
            setting,
            sampling,
            order.subList(0, size),
            Strategies.allAtOnce(),
            world.thresholds());
      }
      List<TokenSequence> set = order.subList(0, SEQUENTIAL_SET);
      forget(
          "sequential", "all at once", sampling, set, Strategies.allAtOnce(), world.thresholds());
      forget(
          "sequential",
          "chunks once",
          sampling,
          set,
          Strategies.sequentialOnce(CHUNKS),
          world.thresholds());
      forget(
          "sequential",
          "chunks until all",
          sampling,
          set,
          Strategies.sequential(CHUNKS),
          world.thresholds());
      for (String domain : DomainText.names()) {
        List<TokenSequence> drawn =
            order.stream()
                .filter(target -> target.domain().equals(Optional.of(domain)))
                .limit(DOMAIN_SET)
                .toList();
        forget(
            "domain",
            domain,
            sampling,
            drawn,
            Strategies.allAtOnce(),
            requireNonNull(world.domainThresholds().get(domain)));
      }
    }
  }

  private void forget(
      String claim,
      String setting,
      int sampling,
      List<TokenSequence> set,
      Strategy strategy,
      ForgettingThresholds thresholds) {
    Corpus others = Corpus.of(world.otherTaught());
    Unlearner unlearner =
        Unlearner.builder()
            .optimizer(Optimizers.adam(arguments.number("learning-rate", 2e-4)))
            .strategy(strategy)
            .stopWhen(
                StoppingCriteria.forgotten(thresholds)
                    .or(StoppingCriteria.maxTotalEpochs(arguments.integer("max-epochs", 100))))
            .guard(Watched.accuracyOn(others))
            .onGiveUp(GiveUp.KEEP_LAST)
            .build();
    try (TrainableCausalLm model = CausalLms.load(world.folder())) {
      ForgetReport report = unlearner.forget(model, ForgetSet.of(set));
      line(
          claim,
          setting,
          sampling,
          model,
          set,
          report.outcome().toString(),
          report.epochCount(),
          report.lotEnds().stream()
              .map(end -> Integer.toString(end.lotEpoch()))
              .collect(Collectors.joining(" ")),
          thresholds);
      epochs(claim, setting, sampling, report);
    }
  }

  private void epochs(String claim, String setting, int sampling, ForgetReport report) {
    for (EpochReport epoch : report.epochs()) {
      MetricResult lot = epoch.metrics().get("ma");
      MetricResult others = epoch.otherMetrics().get("ma");
      if (lot != null && others != null) {
        epochs.printf(
            Locale.ROOT,
            "%s,%s,%s,%d,%d,%.4f,%.4f%n",
            name,
            claim,
            setting,
            sampling,
            epoch.epoch(),
            lot.value(),
            others.value());
      }
    }
  }

  private void line(
      String claim,
      String setting,
      int sampling,
      CausalLm model,
      List<TokenSequence> set,
      String outcome,
      int epochCount,
      String perLot,
      ForgettingThresholds thresholds) {
    runs.printf(
        Locale.ROOT,
        "%s,%s,%s,%d,%s,%d,%s,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f%n",
        name,
        claim,
        setting,
        sampling,
        outcome,
        epochCount,
        perLot,
        thresholds.maThreshold(),
        accuracy(model, set),
        accuracy(model, world.targets()),
        accuracy(model, world.otherTaught()),
        accuracy(model, world.unseenSentences()),
        Perplexity.of().measure(model, world.unseenSentences()).value());
    runs.flush();
  }

  private static double accuracy(CausalLm model, List<TokenSequence> sequences) {
    return MemorizationAccuracy.of().measure(model, sequences).value();
  }
}
