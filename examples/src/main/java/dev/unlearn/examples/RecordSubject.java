package dev.unlearn.examples;

import com.google.common.primitives.Ints;
import dev.unlearn.CausalLms;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A model that is taught made-up records among general text: eight are to be forgotten, half of the
 * others is trained on, the other half held out. A twin that is taught all but the eight says what
 * forgotten means.
 */
final class RecordSubject {
  private static final int RECORDS = 96;
  private static final int TARGETS = 8;
  private static final int ORDER = 10;
  private static final int GENERAL_LENGTH = 64;
  private static final int GENERAL_COUNT = 256;

  /** General texts that are not used in teaching. */
  private static final int UNSEEN = 64;

  private static final double KNOWN = 0.98;

  private final Supplier<TrainableCausalLm> base;
  private final List<TokenSequence> general;
  private final List<TokenSequence> records;
  private final Teacher teacher;

  private RecordSubject(
      Supplier<TrainableCausalLm> base,
      List<TokenSequence> general,
      List<TokenSequence> records,
      long seed) {
    this.base = base;
    this.general = general;
    this.records = records;
    teacher = new Teacher(2e-3, 2000, seed);
  }

  /** Teaches a new small model records among sentences. */
  static Subject ofNewModel(long seed) throws IOException {
    SyntheticText text = new SyntheticText(seed);
    try (TrainableCausalLm model = SmallModel.create(seed)) {
      return new RecordSubject(
              () -> SmallModel.create(seed),
              model.tokenizer().sequences(text.sentences(GENERAL_COUNT)),
              records(model.tokenizer(), text.records(RECORDS)),
              seed)
          .subject();
    }
  }

  /**
   * Teaches a model records among text that it writes itself, so that it stays what it was.
   *
   * @param folder a HuggingFace folder of a model whose text begins with token {@code start}
   */
  static Subject ofModel(Path folder, int start, long seed) throws IOException {
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      return new RecordSubject(
              () -> CausalLms.load(folder),
              written(model, start, seed),
              records(model.tokenizer(), new SyntheticText(seed).records(RECORDS)),
              seed)
          .subject();
    }
  }

  private static List<TokenSequence> written(TrainableCausalLm model, int start, long seed) {
    List<TokenSequence> starts = Collections.nCopies(GENERAL_COUNT, TokenSequence.of(start));
    Decoding drawn = Decoding.builder().maxLength(GENERAL_LENGTH).temperature(1).seed(seed).build();
    List<TokenSequence> texts = new ArrayList<>();
    for (int[] rest : model.generate(starts, drawn)) {
      texts.add(TokenSequence.of(Ints.concat(new int[] {start}, rest)));
    }
    return texts;
  }

  /** Of a record only the number is a secret: what stands before it is context. */
  private static List<TokenSequence> records(Tokenizer tokenizer, List<String> texts) {
    return texts.stream()
        .map(
            text -> {
              int[] form = tokenizer.encode(text.substring(0, SyntheticText.PROMPT_LENGTH)).ids();
              int[] number = tokenizer.encode(text.substring(SyntheticText.PROMPT_LENGTH)).ids();
              return TokenSequence.of(Ints.concat(form, number)).withPromptLength(form.length);
            })
        .toList();
  }

  private Subject subject() throws IOException {
    List<TokenSequence> targets = records.subList(0, TARGETS);
    int half = TARGETS + (RECORDS - TARGETS) / 2;
    Path folder = Files.createTempDirectory("unlearn-compare").resolve("taught");
    try (TrainableCausalLm model = taught(records)) {
      CausalLms.save(model, folder);
    }
    ForgettingThresholds thresholds;
    try (TrainableCausalLm twin = taught(records.subList(TARGETS, RECORDS))) {
      thresholds = ForgettingThresholds.measure(twin, Corpus.of(targets), ORDER);
    }
    return new Subject(
        () -> CausalLms.load(folder),
        targets,
        records.subList(TARGETS, half),
        records.subList(half, RECORDS),
        Map.of(),
        general.subList(0, UNSEEN),
        thresholds);
  }

  private TrainableCausalLm taught(List<TokenSequence> known) {
    TrainableCausalLm model = base.get();
    try {
      int updates =
          teacher.teach(model, List.of(known), general.subList(UNSEEN, GENERAL_COUNT), KNOWN);
      System.out.printf("%d records learned in %d updates%n", known.size(), updates);
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }
}
