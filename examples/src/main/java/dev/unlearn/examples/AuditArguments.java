package dev.unlearn.examples;

import dev.unlearn.eval.task.Benchmark;
import dev.unlearn.eval.task.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of {@link Audit}. */
final class AuditArguments {
  static final String USAGE =
      """
      usage: Audit --model DIR --forget FILE --unseen FILE --out DIR [options]
        --model DIR         a HuggingFace folder: the model as it was, or the one to audit
        --forget FILE       what is to be forgotten: one text per line, or .jsonl with {"text": …}
                            or {"ids": […]} and, if wanted, "name", "domain", "promptLength"
        --unseen FILE       text like it that the model never saw
        --out DIR           where the report goes: audit.html, audit.json and tables; must not exist
        --unlearned DIR     the model to audit, compared with --model; if there is no such folder,
                            --model is unlearned first and written there
        --health FILE       ordinary text: harm of unlearning is measured on it, instead of on
                            unseen text
        --retain FILE       text to keep while unlearning: CE-U with it instead of gradient ascent
        --train WHICH       what is unlearned in: all weights, the default, or upper: feed-forward
                            weights of the upper half of the layers
        --tasks LIST        benchmarks and their files: arc_easy=FILE,lambada=FILE,…
        --limit N           items of each benchmark, default 200
        --cache DIR         keeps what benchmarks scored, so that the same command goes on
        --order N           n of extraction likelihood, default 10
        --samples N         continuations sampled per text, default 16
        --relearning N      steps of relearning, default 20
        --learning-rate X   of unlearning and relearning, default 5e-5
        --max-epochs N      of unlearning, default 100""";

  private static final List<String> NAMES =
      List.of(
          "model",
          "forget",
          "unseen",
          "out",
          "unlearned",
          "health",
          "retain",
          "train",
          "tasks",
          "limit",
          "cache",
          "order",
          "samples",
          "relearning",
          "learning-rate",
          "max-epochs");

  private final Arguments arguments;

  private AuditArguments(Arguments arguments) {
    this.arguments = arguments;
  }

  static AuditArguments parse(String[] args) {
    AuditArguments checked =
        new AuditArguments(
            Arguments.parse(USAGE, NAMES, List.of("model", "forget", "unseen", "out"), args));
    var unused = checked.train();
    return checked;
  }

  boolean has(String name) {
    return arguments.has(name);
  }

  Path path(String name) {
    return arguments.path(name);
  }

  /** Reads the benchmarks' files, so that a bad one is found before anything long begins. */
  List<Task> tasks() {
    List<Task> tasks = new ArrayList<>();
    if (has("tasks")) {
      for (String pair : arguments.text("tasks").split(",", -1)) {
        int equals = pair.indexOf('=');
        if (equals < 0) {
          throw new IllegalArgumentException(
              "--tasks must be a list of NAME=FILE, but has: " + pair);
        }
        tasks.add(
            Benchmark.named(pair.substring(0, equals)).load(Path.of(pair.substring(equals + 1))));
      }
    }
    return tasks;
  }

  String train() {
    return arguments.has("train") ? Keeping.checkTrained(arguments.text("train")) : Keeping.ALL;
  }

  int limit() {
    return arguments.integer("limit", 200);
  }

  int order() {
    return arguments.integer("order", 10);
  }

  int samples() {
    return arguments.integer("samples", 16);
  }

  int relearningSteps() {
    return arguments.integer("relearning", 20);
  }

  double learningRate() {
    return arguments.number("learning-rate", 5e-5);
  }

  int maxEpochs() {
    return arguments.integer("max-epochs", 100);
  }
}
