package dev.unlearn.examples;

import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.optimizer.Optimizers;
import java.nio.file.Path;
import java.util.List;

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
        --health FILE       ordinary text: health is measured on it, instead of on unseen text
        --retain FILE       text to keep: CE-U with it instead of gradient ascent
        --train WHICH       all weights, the default, or upper: feed-forward weights of the upper
                            half of the layers
        --watch FILE        text whose MA and perplexity are shown before and after
        --work DIR          keeps every whole epoch there, so that the same command goes on
                            after a crash
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
          "health",
          "retain",
          "train",
          "watch",
          "work",
          "ma-threshold",
          "el-threshold",
          "learning-rate",
          "max-epochs",
          "order");

  private final Arguments arguments;

  private ForgetArguments(Arguments arguments) {
    this.arguments = arguments;
  }

  static ForgetArguments parse(String[] args) {
    Arguments arguments = Arguments.parse(USAGE, NAMES, List.of("model", "forget", "out"), args);
    if (arguments.has("ma-threshold") != arguments.has("el-threshold")) {
      throw new IllegalArgumentException("--ma-threshold and --el-threshold go together");
    }
    if (!arguments.has("unseen") && !arguments.has("ma-threshold")) {
      throw new IllegalArgumentException(
          "--unseen, or --ma-threshold and --el-threshold, must say when to stop\n" + USAGE);
    }
    ForgetArguments checked = new ForgetArguments(arguments);
    var unused = checked.train();
    return checked;
  }

  boolean has(String name) {
    return arguments.has(name);
  }

  Path path(String name) {
    return arguments.path(name);
  }

  double number(String name) {
    return arguments.number(name);
  }

  String train() {
    return arguments.has("train") ? Keeping.checkTrained(arguments.text("train")) : Keeping.ALL;
  }

  double learningRate() {
    return arguments.number("learning-rate", Optimizers.DEFAULT_LEARNING_RATE);
  }

  int maxEpochs() {
    return arguments.integer("max-epochs", UnlearnerBuilder.DEFAULT_MAX_EPOCHS);
  }

  int order() {
    return arguments.integer("order", UnlearnerBuilder.DEFAULT_ORDER);
  }
}
