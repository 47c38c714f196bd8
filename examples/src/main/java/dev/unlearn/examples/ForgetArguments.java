package dev.unlearn.examples;

import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.optimizer.Optimizers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The command line of {@link Forget}. */
final class ForgetArguments {
  static final String USAGE =
      """
      usage: Forget --model DIR --forget FILE --out DIR [options]
        --model DIR         a HuggingFace folder
        --forget FILE       what to forget: one text per line, or .jsonl with {"text": …} or
                            {"ids": […]} and, if wanted, "name", "domain", "promptLength"
        --out DIR           where the result goes; must not exist, or be empty
        --unseen FILE       text the model never saw: thresholds and health are measured on it
        --retain FILE       text whose MA and perplexity are shown before and after
        --ma-threshold X    with --el-threshold Y: thresholds, instead of measured ones
        --learning-rate X   default 5e-5
        --max-epochs N      default 100
        --order N           n of extraction likelihood, default 10""";

  private static final List<String> NAMES =
      List.of(
          "model",
          "forget",
          "out",
          "unseen",
          "retain",
          "ma-threshold",
          "el-threshold",
          "learning-rate",
          "max-epochs",
          "order");

  private final Map<String, String> values;

  private ForgetArguments(Map<String, String> values) {
    this.values = values;
  }

  static ForgetArguments parse(String[] args) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!NAMES.contains(name) || i + 1 == args.length) {
        throw new IllegalArgumentException("cannot read '" + args[i] + "'\n" + USAGE);
      }
      values.put(name, args[i + 1]);
    }
    ForgetArguments arguments = new ForgetArguments(values);
    for (String required : List.of("model", "forget", "out")) {
      if (!arguments.has(required)) {
        throw new IllegalArgumentException("--" + required + " is missing\n" + USAGE);
      }
    }
    if (arguments.has("ma-threshold") != arguments.has("el-threshold")) {
      throw new IllegalArgumentException("--ma-threshold and --el-threshold go together");
    }
    if (!arguments.has("unseen") && !arguments.has("ma-threshold")) {
      throw new IllegalArgumentException(
          "--unseen, or --ma-threshold and --el-threshold, must say when to stop\n" + USAGE);
    }
    return arguments;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  Path path(String name) {
    return Path.of(string(name));
  }

  double number(String name) {
    try {
      return Double.parseDouble(string(name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--%s must be a number, but was: %s".formatted(name, string(name)), e);
    }
  }

  private int integer(String name) {
    try {
      return Integer.parseInt(string(name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "--%s must be a whole number, but was: %s".formatted(name, string(name)), e);
    }
  }

  double learningRate() {
    return has("learning-rate") ? number("learning-rate") : Optimizers.DEFAULT_LEARNING_RATE;
  }

  int maxEpochs() {
    return has("max-epochs") ? integer("max-epochs") : UnlearnerBuilder.DEFAULT_MAX_EPOCHS;
  }

  int order() {
    return has("order") ? integer("order") : UnlearnerBuilder.DEFAULT_ORDER;
  }

  private String string(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("--" + name + " is missing\n" + USAGE);
    }
    return value;
  }
}
