package dev.unlearn.examples;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Continues a prompt with a model in a HuggingFace folder, and prints the text as it is decoded,
 * the prompt first. For trying what a model says before and after it has forgotten.
 *
 * <p>Usage: see {@link GenerateArguments#USAGE}.
 */
public final class Generate {
  private Generate() {}

  /** Runs it. */
  public static void main(String[] args) {
    Host.prepare();
    try {
      GenerateArguments arguments = GenerateArguments.parse(args);
      try (TrainableCausalLm model = CausalLms.load(arguments.model())) {
        run(model, arguments, new PrintStream(System.out, false, StandardCharsets.UTF_8));
      }
    } catch (IllegalArgumentException | IllegalStateException | UnlearningException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  static void run(CausalLm model, GenerateArguments arguments, PrintStream out) {
    TokenSequence prompt = model.tokenizer().encode(arguments.prompt());
    TextStream stream = new TextStream(model.tokenizer(), prompt, arguments.stop(), out);
    try {
      var unused = model.generate(List.of(prompt), arguments.decoding(), stream);
    } catch (CancellationException e) {
      // The stream ends it at the stop text.
    }
    stream.end();
    out.println();
    out.flush();
  }
}
