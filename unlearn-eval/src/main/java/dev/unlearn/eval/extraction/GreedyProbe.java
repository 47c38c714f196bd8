package dev.unlearn.eval.extraction;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.GroupedSequences;
import dev.unlearn.eval.attack.Probe;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.GreedyContinuations;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Asks questions and judges the greedy answers; of several questions about one sequence the best
 * answer counts. All questions are decoded in one call, those about one text together.
 */
final class GreedyProbe implements Probe {
  private final Overlap overlap;
  private final List<Asked> strengths;

  /** The questions about one sequence at one strength; none where there is nothing to ask. */
  @FunctionalInterface
  interface Asked {
    List<Question> about(CausalLm model, TokenSequence sequence);
  }

  GreedyProbe(Overlap overlap, List<Asked> strengths) {
    this.overlap = overlap;
    this.strengths = strengths;
  }

  @Override
  public List<List<Double>> values(CausalLm model, GroupedSequences texts) {
    List<List<List<Question>>> questions = new ArrayList<>();
    for (Asked strength : strengths) {
      questions.add(texts.sequences().stream().map(it -> strength.about(model, it)).toList());
    }
    Map<TokenSequence, GreedyContinuations> answers = answers(model, questions);
    List<List<Double>> values = new ArrayList<>();
    for (List<List<Question>> ofStrength : questions) {
      values.add(ofStrength.stream().map(asked -> best(asked, answers)).toList());
    }
    return values;
  }

  private static Map<TokenSequence, GreedyContinuations> answers(
      CausalLm model, List<List<List<Question>>> questions) {
    Map<TokenSequence, TreeSet<Integer>> prefixLengths = new LinkedHashMap<>();
    questions.stream()
        .flatMap(List::stream)
        .flatMap(List::stream)
        .forEach(
            question ->
                prefixLengths
                    .computeIfAbsent(question.text(), unused -> new TreeSet<>())
                    .add(question.prefixLength()));
    if (prefixLengths.isEmpty()) {
      return Map.of();
    }
    List<TokenSequence> texts = List.copyOf(prefixLengths.keySet());
    List<GreedyContinuations> continuations =
        model.continueGreedily(
            texts,
            prefixLengths.values().stream()
                .map(lengths -> lengths.stream().mapToInt(Integer::intValue).toArray())
                .toList());
    Map<TokenSequence, GreedyContinuations> answers = new LinkedHashMap<>();
    for (int index = 0; index < texts.size(); index++) {
      answers.put(texts.get(index), continuations.get(index));
    }
    return answers;
  }

  private double best(List<Question> asked, Map<TokenSequence, GreedyContinuations> answers) {
    return asked.stream()
        .mapToDouble(
            question -> {
              GreedyContinuations answer = answers.get(question.text());
              return answer == null
                  ? Double.NaN
                  : overlap.value(answer.after(question.prefixLength()), question.truth());
            })
        .filter(value -> !Double.isNaN(value))
        .max()
        .orElse(Double.NaN);
  }
}
