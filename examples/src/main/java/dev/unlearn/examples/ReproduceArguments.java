package dev.unlearn.examples;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.targets.TargetFiles;
import dev.unlearn.spi.CausalLm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The command line of {@link Reproduce}. */
final class ReproduceArguments {
  static final String USAGE =
      """
      usage: Reproduce --model DIR --targets CSV --reference CSV [options]
        --model DIR         a HuggingFace folder, for instance of GPT-Neo 125M
        --targets CSV       the authors' targets: doc_id, corpus and text, which is encoded anew, as
                            they do
        --reference CSV     the authors' outputs: doc_id and, for each moment, acc_, el_N-gram_ and
                            loss_ with init (as the model is), 00 (after one update), 01, …
        --token-ids CSV     doc_id, corpus and token_ids of the targets: takes the ids themselves
        --length N          tokens to which a sequence is cut or padded, default 200
        --eos ID            the token by which it is padded, default 50256
        --learning-rate X   of gradient ascent, for moments after updates, default 5e-5""";

  private static final List<String> NAMES =
      List.of("model", "targets", "reference", "token-ids", "length", "eos", "learning-rate");

  private final Arguments arguments;

  private ReproduceArguments(Arguments arguments) {
    this.arguments = arguments;
  }

  static ReproduceArguments parse(String... args) {
    ReproduceArguments parsed =
        new ReproduceArguments(
            Arguments.parse(USAGE, NAMES, List.of("model", "targets", "reference"), args));
    atLeast("length", parsed.length(), 2);
    atLeast("eos", parsed.eos(), 0);
    if (!(parsed.learningRate() > 0)) {
      throw new IllegalArgumentException(
          "--learning-rate must be > 0, but was: " + parsed.learningRate());
    }
    return parsed;
  }

  private static void atLeast(String name, int value, int lowest) {
    if (value < lowest) {
      throw new IllegalArgumentException(
          "--%s must be >= %d, but was: %d".formatted(name, lowest, value));
    }
  }

  Path model() {
    return arguments.path("model");
  }

  Path reference() {
    return arguments.path("reference");
  }

  List<TokenSequence> targets(CausalLm model) throws IOException {
    Path set = arguments.path("targets");
    return arguments.has("token-ids")
        ? TargetFiles.idsOf(set, arguments.path("token-ids"))
        : TargetFiles.encoded(set, model.tokenizer());
  }

  int length() {
    return arguments.integer("length", 200);
  }

  int eos() {
    return arguments.integer("eos", 50256);
  }

  double learningRate() {
    return arguments.number("learning-rate", 5e-5);
  }
}
