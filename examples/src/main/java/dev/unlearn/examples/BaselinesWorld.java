package dev.unlearn.examples;

import com.google.common.base.Stopwatch;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.baseline.DeduplicatedCorpus;
import dev.unlearn.eval.baseline.Deduplication;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A corpus in which a few records come again and again among sentences that come once, and models
 * trained on it from scratch: as it is, without its repeats, and without the records to forget.
 */
final class BaselinesWorld {
  static final String ORIGINAL = "trained on the whole corpus";
  static final String DEDUPLICATED = "trained on the deduplicated corpus";
  static final String WITHOUT_TARGETS = "trained without the targets";

  private static final int SENTENCES = 1_500;
  private static final int UNSEEN_SENTENCES = 64;
  private static final int UNSEEN_RECORDS = 64;
  private static final int GROUP = 8;

  private final long seed;
  private final int updates;
  private final Path folder;
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private final List<TokenSequence> records;
  private final List<TokenSequence> sentences;

  private BaselinesWorld(long seed, int updates, Tokenizer tokenizer) throws IOException {
    this.seed = seed;
    this.updates = updates;
    folder = Files.createTempDirectory("unlearn-baselines");
    SyntheticText text = new SyntheticText(seed);
    records = tokenizer.sequences(text.records(3 * GROUP + UNSEEN_RECORDS));
    sentences = tokenizer.sequences(text.sentences(SENTENCES + UNSEEN_SENTENCES));
  }

  /**
   * Trains the three models.
   *
   * @param copies how often a record that is repeated is in the corpus
   * @param updates of every model, 64 sequences each
   */
  static BaselinesWorld of(long seed, int copies, int updates) throws IOException {
    BaselinesWorld world;
    try (TrainableCausalLm model = SmallModel.create(seed)) {
      world = new BaselinesWorld(seed, updates, model.tokenizer());
    }
    List<TokenSequence> corpus = new ArrayList<>(world.sentences.subList(0, SENTENCES));
    List<TokenSequence> rest = new ArrayList<>(corpus);
    for (TokenSequence record : world.records.subList(0, 3 * GROUP)) {
      corpus.addAll(Collections.nCopies(copies, record));
    }
    for (TokenSequence record : world.records.subList(GROUP, 3 * GROUP)) {
      rest.addAll(Collections.nCopies(copies, record));
    }
    world.train(ORIGINAL, corpus);
    Stopwatch watch = Stopwatch.createStarted();
    DeduplicatedCorpus deduplicated =
        Deduplication.exactSubstrings(SyntheticText.LENGTH).applyTo(corpus);
    System.out.printf("%s, found in %s%n", deduplicated, watch);
    world.train(DEDUPLICATED, deduplicated.documents());
    world.train(WITHOUT_TARGETS, rest);
    return world;
  }

  private void train(String name, List<TokenSequence> corpus) throws IOException {
    Stopwatch watch = Stopwatch.createStarted();
    try (TrainableCausalLm model = SmallModel.create(seed)) {
      new Teacher(2e-3, updates, seed).train(model, corpus, updates * 3 / 4);
      new Teacher(3e-4, updates, seed + 1).train(model, corpus, updates - updates * 3 / 4);
      CausalLms.save(model, folder.resolve(name));
    }
    seconds.put(name, watch.elapsed().toMillis() / 1000.0);
    System.out.printf("%s: %d updates in %s%n", name, updates, watch);
  }

  TrainableCausalLm load(String name) {
    return CausalLms.load(folder.resolve(name));
  }

  double seconds(String name) {
    return seconds.getOrDefault(name, Double.NaN);
  }

  /** Repeated in the corpus, to be forgotten. */
  List<TokenSequence> targets() {
    return secrets(0, GROUP);
  }

  /** Repeated in the corpus just as often, and trained on while others are forgotten. */
  List<TokenSequence> retained() {
    return secrets(GROUP, 2 * GROUP);
  }

  /** Repeated just as often, and not touched again. */
  List<TokenSequence> heldOut() {
    return secrets(2 * GROUP, 3 * GROUP);
  }

  List<TokenSequence> unseenRecords() {
    return secrets(3 * GROUP, records.size());
  }

  List<TokenSequence> seenSentences() {
    return sentences.subList(0, 96);
  }

  List<TokenSequence> unseenSentences() {
    return sentences.subList(SENTENCES, sentences.size());
  }

  private List<TokenSequence> secrets(int from, int to) {
    return SyntheticText.secrets(records.subList(from, to));
  }
}
