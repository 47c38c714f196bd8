package dev.unlearn.examples;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.CausalLms;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.examples.PublishedOutputs.Output;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Compares with the numbers that the paper's authors published, for whoever has the weights:
 * memorization accuracy, extraction likelihood and loss of every target, before and after updates
 * of gradient ascent on all targets, as their code computes them. Theirs ran in half precision, and
 * extraction likelihood can depend on how sequences were batched where an end-of-sequence token is
 * generated: small differences are to be expected.
 *
 * <p>Usage: see {@link ReproduceArguments#USAGE}.
 */
public final class Reproduce {
  private static final int TOKENS_AT_ONCE = 1 << 12;

  private final ReproduceArguments arguments;
  private final TrainableCausalLm model;
  private final List<TokenSequence> targets;
  private final AuthorsLoss loss;
  private final PrintStream out;

  private Reproduce(
      ReproduceArguments arguments,
      TrainableCausalLm model,
      List<TokenSequence> targets,
      PrintStream out) {
    this.arguments = arguments;
    this.model = model;
    this.targets = targets;
    this.out = out;
    loss = new AuthorsLoss(arguments.length(), arguments.eos());
  }

  /** Runs it. */
  public static void main(String[] args) {
    Host.prepare();
    try {
      run(ReproduceArguments.parse(args), System.out);
    } catch (IllegalArgumentException | UnlearningException | IOException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  static void run(ReproduceArguments arguments, PrintStream out) throws IOException {
    SortedMap<Integer, Map<String, Output>> published =
        PublishedOutputs.read(arguments.reference());
    try (TrainableCausalLm model = CausalLms.load(arguments.model())) {
      List<TokenSequence> targets = arguments.targets(model);
      checkArgument(
          targets.stream().map(Reproduce::document).distinct().count() == targets.size(),
          "--targets must have every doc_id once");
      new Reproduce(arguments, model, targets, out).run(published);
    }
  }

  private void run(SortedMap<Integer, Map<String, Output>> published) {
    Map<String, Output> untouched = published.get(0);
    if (untouched != null) {
      compare("the model as it is", untouched);
    }
    if (published.lastKey() == 0) {
      return;
    }
    try (Updates updates =
        new Updates(
            model,
            Objectives.gradientAscent(),
            Optimizers.adam(arguments.learningRate()),
            TOKENS_AT_ONCE)) {
      for (int update = 1; update <= published.lastKey(); update++) {
        if (!updates.update(loss.cut(targets)).isFinite()) {
          throw new UnlearningException("update " + update + " must be finite, but was not");
        }
        Map<String, Output> outputs = published.get(update);
        if (outputs != null) {
          compare("after " + update + (update == 1 ? " update" : " updates"), outputs);
        }
      }
    }
  }

  private void compare(String moment, Map<String, Output> outputs) {
    Map<String, Double> published = outputs.values().iterator().next().byDocument();
    List<TokenSequence> both =
        targets.stream().filter(target -> published.containsKey(document(target))).toList();
    checkArgument(
        !both.isEmpty(), "--targets and --reference must have a doc_id in common, but have none");
    out.printf("%s: %d sequences%n", moment, both.size());
    List<String> all = targets.stream().map(Reproduce::document).toList();
    missing("the reference", all, published.keySet());
    missing("the targets", published.keySet(), all);
    MetricResult losses = loss.measure(model, targets);
    List<SideBySide.Column> columns = new ArrayList<>();
    outputs.forEach(
        (key, output) -> {
          MetricResult ours = key.equals("loss") ? losses : metric(key).measure(model, targets);
          columns.add(new SideBySide.Column(key, byDocument(ours), output.byDocument()));
        });
    new SideBySide(both.stream().map(Reproduce::document).toList(), columns).print(out);
    perplexity("ours", both, byDocument(losses));
    Output theirs = outputs.get("loss");
    if (theirs != null) {
      perplexity("theirs", both, theirs.byDocument());
    }
    out.println();
  }

  private void missing(String where, Iterable<String> documents, Collection<String> in) {
    List<String> absent = new ArrayList<>();
    documents.forEach(
        document -> {
          if (!in.contains(document)) {
            absent.add(document);
          }
        });
    if (!absent.isEmpty()) {
      out.println("not in " + where + ": " + String.join(", ", absent));
    }
  }

  private Metric metric(String key) {
    return key.equals("ma")
        ? MemorizationAccuracy.paperCompat(arguments.length(), arguments.eos())
        : ExtractionLikelihood.paperCompat(
            Integer.parseInt(key.substring("el_".length())), arguments.length(), arguments.eos());
  }

  /** Two averages, because the paper names none: sequences of one length differ in them, too. */
  private void perplexity(String whose, List<TokenSequence> sequences, Map<String, Double> losses) {
    ToDoubleFunction<TokenSequence> ofSequence =
        sequence -> losses.getOrDefault(document(sequence), Double.NaN);
    double total =
        sequences.stream()
            .mapToDouble(s -> ofSequence.applyAsDouble(s) * loss.targetCount(s))
            .sum();
    int tokens = sequences.stream().mapToInt(loss::targetCount).sum();
    double mean =
        sequences.stream()
            .collect(Collectors.averagingDouble(s -> Math.exp(ofSequence.applyAsDouble(s))));
    out.printf(
        Locale.ROOT,
        "perplexity, %s: %.4f as exp of the mean loss over all tokens,"
            + " %.4f as the mean of the sequences' own%n",
        whose,
        Math.exp(total / tokens),
        mean);
  }

  private Map<String, Double> byDocument(MetricResult result) {
    Map<String, Double> values = new LinkedHashMap<>();
    for (int i = 0; i < targets.size(); i++) {
      values.put(document(targets.get(i)), result.perSequence().get(i));
    }
    return values;
  }

  private static String document(TokenSequence target) {
    return target.name().orElseThrow();
  }
}
