package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model that was trained on general text and then taught records of eight domains until it knows
 * each of them, and a twin that was taught others in their place. Thresholds are the twin's values
 * on the targets, which it never saw; what is forgotten, the neighbours that are watched and the
 * sentences that utility is measured on have nothing in common.
 *
 * @param folder where the model is
 * @param targets 128 records, 16 of each domain
 * @param otherTaught records it was taught beside, 8 of each domain: neighbours
 * @param unseenSentences general text it never saw: utility
 * @param thresholds the twin's values on the targets
 * @param domainThresholds its values on those of each domain
 */
record ClaimsWorld(
    Path folder,
    List<TokenSequence> targets,
    List<TokenSequence> otherTaught,
    List<TokenSequence> unseenSentences,
    ForgettingThresholds thresholds,
    Map<String, ForgettingThresholds> domainThresholds) {
  static final int TARGETS_PER_DOMAIN = 16;
  private static final int OTHERS_PER_DOMAIN = 8;
  private static final int SENTENCES = 512;
  private static final int UNSEEN = 64;
  private static final int GENERAL_UPDATES = 100;
  private static final double KNOWN = 0.95;
  private static final int ORDER = 10;

  /** Teaches a model of a size. */
  static ClaimsWorld of(int layers, int width, long seed) throws IOException {
    DomainText text = new DomainText(seed);
    List<String> sentences = new SyntheticText(seed).sentences(SENTENCES);
    List<TokenSequence> general;
    List<List<TokenSequence>> taught = new ArrayList<>();
    List<List<TokenSequence>> neverTaught = new ArrayList<>();
    Path folder = Files.createTempDirectory("unlearn-claims").resolve("taught");
    try (TrainableCausalLm model = SmallModel.create(seed, layers, width)) {
      general = model.tokenizer().sequences(sentences);
      for (String domain : DomainText.names()) {
        int count = TARGETS_PER_DOMAIN + OTHERS_PER_DOMAIN;
        taught.add(records(model.tokenizer(), text, domain, count));
        neverTaught.add(records(model.tokenizer(), text, domain, count));
      }
      teach(model, general, taught, seed);
      CausalLms.save(model, folder);
    }
    List<TokenSequence> targets =
        taught.stream().flatMap(domain -> domain.stream().limit(TARGETS_PER_DOMAIN)).toList();
    ForgettingThresholds thresholds;
    Map<String, ForgettingThresholds> ofDomains = new LinkedHashMap<>();
    try (TrainableCausalLm twin = SmallModel.create(seed, layers, width)) {
      teach(twin, general, neverTaught, seed);
      thresholds = ForgettingThresholds.measure(twin, Corpus.of(targets), ORDER);
      for (int i = 0; i < taught.size(); i++) {
        List<TokenSequence> domain = taught.get(i).subList(0, TARGETS_PER_DOMAIN);
        ofDomains.put(
            DomainText.names().get(i),
            ForgettingThresholds.measure(twin, Corpus.of(domain), ORDER));
      }
    }
    return new ClaimsWorld(
        folder,
        targets,
        taught.stream().flatMap(domain -> domain.stream().skip(TARGETS_PER_DOMAIN)).toList(),
        general.subList(0, UNSEEN),
        thresholds,
        ofDomains);
  }

  private static void teach(
      TrainableCausalLm model,
      List<TokenSequence> general,
      List<List<TokenSequence>> records,
      long seed) {
    List<TokenSequence> sentences = general.subList(UNSEEN, general.size());
    Teacher teacher = new Teacher(2e-3, 3000, seed);
    teacher.train(model, sentences, GENERAL_UPDATES);
    int updates = teacher.teach(model, records, sentences, KNOWN);
    System.out.printf(
        "%s of %,d parameters: every domain at MA >= %.2f after %d updates, lowest %s%n",
        model.info().family(),
        model.info().parameterCount(),
        KNOWN,
        updates,
        Teacher.lowest(model, records));
  }

  private static List<TokenSequence> records(
      Tokenizer tokenizer, DomainText text, String domain, int count) {
    return SyntheticText.secrets(tokenizer.sequences(text.records(domain, count))).stream()
        .map(sequence -> sequence.withDomain(domain))
        .toList();
  }
}
