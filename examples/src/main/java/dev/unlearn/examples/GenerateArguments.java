package dev.unlearn.examples;

import dev.unlearn.spi.Decoding;
import java.nio.file.Path;
import java.util.List;

/**
 * The command line of {@link Generate}.
 *
 * @param stop the text that ends the continuation, empty for none
 */
record GenerateArguments(Path model, String prompt, String stop, Decoding decoding) {
  static final int DEFAULT_NEW_TOKENS = 100;

  static final String USAGE =
      """
      usage: Generate --model DIR --prompt TEXT [options]
        --model DIR             a HuggingFace folder with a tokenizer
        --prompt TEXT           what to continue
        --new-tokens N          by how many tokens at most, default 100
        --temperature X         default 0: each token is the best; above, it is drawn
        --top-k N               draw from the N best only, default all
        --top-p X               draw from the best that have this probability, default 1
        --repetition-penalty X  above 1 against loops, default 1
        --seed N                of the draws, default 0
        --stop TEXT             ends the continuation, for instance '<|endoftext|>'""";

  private static final List<String> NAMES =
      List.of(
          "model",
          "prompt",
          "new-tokens",
          "temperature",
          "top-k",
          "top-p",
          "repetition-penalty",
          "seed",
          "stop");

  static GenerateArguments parse(String[] args) {
    Arguments arguments = Arguments.parse(USAGE, NAMES, List.of("model", "prompt"), args);
    if (arguments.has("stop") && arguments.text("stop").isEmpty()) {
      throw new IllegalArgumentException("--stop must not be empty");
    }
    for (String ofDrawing : List.of("top-k", "top-p", "seed")) {
      if (arguments.has(ofDrawing) && arguments.number("temperature", 0) == 0) {
        throw new IllegalArgumentException(
            "--" + ofDrawing + " needs a --temperature above 0; without it nothing is drawn");
      }
    }
    return new GenerateArguments(
        arguments.path("model"),
        arguments.text("prompt"),
        arguments.has("stop") ? arguments.text("stop") : "",
        decoding(arguments));
  }

  private static Decoding decoding(Arguments arguments) {
    int newTokens = arguments.integer("new-tokens", DEFAULT_NEW_TOKENS);
    if (newTokens < 1) {
      throw new IllegalArgumentException("--new-tokens must be > 0, but was: " + newTokens);
    }
    return Decoding.builder()
        .newTokens(newTokens)
        .temperature(arguments.number("temperature", 0))
        .topK(arguments.integer("top-k", 0))
        .topP(arguments.number("top-p", 1))
        .repetitionPenalty(arguments.number("repetition-penalty", 1))
        .seed(arguments.integer("seed", 0))
        .build();
  }
}
