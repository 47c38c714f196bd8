package dev.unlearn.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Compares what this library computes on a model with numbers another implementation wrote beside
 * it: {@code golden.safetensors} (logits, hidden states, losses, gradients, parameters after one
 * plain ascent step and after three Adam steps, greedy ids) or {@code golden.json} (memorization
 * accuracy, extraction likelihood, every greedy continuation).
 *
 * <p>Usage: {@code Verify DIR}. Prints a line per quantity with the largest difference and its
 * tolerance; exits with 0 only if all hold.
 */
public final class Verify {
  private Verify() {}

  /** Runs the comparison. */
  public static void main(String[] args) throws IOException {
    Host.prepare();
    if (args.length != 1) {
      System.err.println("usage: Verify DIR");
      System.exit(2);
    }
    Path folder = Path.of(args[0]);
    Comparison comparison = new Comparison(System.out);
    Path tensors = folder.resolve("golden.safetensors");
    Path metrics = folder.resolve("golden.json");
    if (Files.exists(tensors)) {
      new GoldenTensors(folder, tensors, comparison).verify();
    } else if (Files.exists(metrics)) {
      new GoldenMetrics(folder, metrics, comparison).verify();
    } else {
      System.err.println(folder + " must hold golden.safetensors or golden.json, but has neither");
      System.exit(2);
    }
    System.out.println(comparison.summary());
    System.exit(comparison.allHold() ? 0 : 1);
  }
}
