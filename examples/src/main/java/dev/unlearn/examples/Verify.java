package dev.unlearn.examples;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Compares what this library computes on a model with numbers that another implementation wrote:
 * {@code golden.safetensors} (logits, hidden states, losses, gradients, parameters after one plain
 * ascent step and after three Adam steps, greedy ids; steps where the file has them), or {@code
 * golden.json} (memorization accuracy, extraction likelihood, every greedy continuation; or losses,
 * logits and greedy ids of a trained model, see {@link GoldenReference}).
 *
 * <p>Usage: {@code Verify DIR [GOLDEN]}; without a file given, the one in the folder or beside it
 * is taken. Prints a line per quantity with the largest difference and its tolerance; exits with 0
 * only if all hold, and with 3 if the model is refused.
 */
public final class Verify {
  private Verify() {}

  /** Runs the comparison. */
  public static void main(String[] args) throws IOException {
    Host.prepare();
    if (args.length < 1 || args.length > 2) {
      System.err.println("usage: Verify DIR [GOLDEN]");
      System.exit(2);
    }
    Path folder = Path.of(args[0]);
    Comparison comparison = new Comparison(System.out);
    try {
      compare(folder, args.length == 2 ? Path.of(args[1]) : golden(folder), comparison);
    } catch (UnlearningException | IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(3);
    }
    System.out.println(comparison.summary());
    System.exit(comparison.allHold() ? 0 : 1);
  }

  static Path golden(Path folder) {
    return Stream.of("golden.safetensors", "golden.json", "../golden.json")
        .map(folder::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElse(folder.resolve("golden.safetensors"));
  }

  static void compare(Path folder, Path golden, Comparison comparison) throws IOException {
    if (!Files.exists(golden)) {
      CausalLms.load(folder).close(); // to say first what is wrong with the model
      throw new IllegalArgumentException(folder + " must hold golden.safetensors or golden.json");
    }
    if (!golden.toString().endsWith(".json")) {
      new GoldenTensors(folder, golden, comparison).verify();
      return;
    }
    JsonObject json = JsonParser.parseString(Files.readString(golden)).getAsJsonObject();
    if (json.has("sequences")) {
      new GoldenMetrics(folder, json, comparison).verify();
    } else {
      GoldenReference.verify(folder, golden, json, comparison);
    }
  }
}
