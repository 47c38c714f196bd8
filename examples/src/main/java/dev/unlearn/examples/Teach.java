package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Teaches a model texts, among general text, until it knows them: something to rehearse forgetting
 * with, before it matters.
 *
 * <p>Usage: see {@link #USAGE}.
 */
public final class Teach {
  static final String USAGE =
      """
      usage: Teach --texts FILE --general FILE --out DIR [options]
        --model DIR           the HuggingFace folder of the model to teach, or else:
        --config FILE         config.json of a new one with random weights
        --tokenizer FILE      its tokenizer.json
        --texts FILE          what it is to know: one text per line, or .jsonl with {"text": …}
                              or {"ids": […]}
        --general FILE        text to keep, or to learn first; half as much of it is in each update
        --out DIR             where the result goes; must not exist, or be empty
        --general-updates N   updates on general text alone at first, default 0
        --ma X                memorization accuracy on the texts at which it is enough, default 0.95
        --max-updates N       of teaching, default 1000
        --batch N             texts in each update, at least 2, default 16
        --learning-rate X     of Adam, default 1e-3
        --seed N              of the weights and of what is drawn, default 0""";

  private static final List<String> NAMES =
      List.of(
          "model",
          "config",
          "tokenizer",
          "texts",
          "general",
          "out",
          "general-updates",
          "ma",
          "max-updates",
          "batch",
          "learning-rate",
          "seed");

  private Teach() {}

  /** Runs it; exits with 1 if the model does not learn the texts. */
  public static void main(String[] args) {
    Host.prepare();
    try {
      run(args, System.out);
    } catch (IllegalArgumentException | UnlearningException | IOException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  static void run(String[] args, PrintStream out) throws IOException {
    Arguments arguments = Arguments.parse(USAGE, NAMES, List.of("texts", "general", "out"), args);
    int batch = arguments.integer("batch", 16);
    if (batch < 2) {
      throw new IllegalArgumentException("--batch must be >= 2, but was: " + batch);
    }
    Path target = arguments.path("out");
    try (TrainableCausalLm model = model(arguments)) {
      CausalLms.checkSavable(model, target);
      List<TokenSequence> texts = TextFile.read(arguments.path("texts"), model);
      List<TokenSequence> general = TextFile.read(arguments.path("general"), model);
      Teacher teacher =
          new Teacher(
              arguments.number("learning-rate", 1e-3),
              arguments.integer("max-updates", 1000),
              batch,
              arguments.integer("seed", 0),
              System.err);
      teacher.train(model, general, arguments.integer("general-updates", 0));
      int updates = teacher.teach(model, List.of(texts), general, arguments.number("ma", 0.95));
      out.printf(
          Locale.ROOT, "%d updates; MA %.3f%n", updates, Teacher.lowest(model, List.of(texts)));
      CausalLms.save(model, target);
      out.println("written to " + target);
    }
  }

  private static TrainableCausalLm model(Arguments arguments) throws IOException {
    if (arguments.has("model") == arguments.has("config")) {
      throw new IllegalArgumentException("give either --model or --config\n" + USAGE);
    }
    if (arguments.has("model")) {
      return CausalLms.load(arguments.path("model"));
    }
    return CausalLms.create(
        Files.readString(arguments.path("config")),
        Files.readString(arguments.path("tokenizer")),
        arguments.integer("seed", 0));
  }
}
