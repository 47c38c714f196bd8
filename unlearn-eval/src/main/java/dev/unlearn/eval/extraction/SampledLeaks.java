package dev.unlearn.eval.extraction;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.GroupedSequences;
import dev.unlearn.eval.attack.Probe;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The values of {@link SampledExtraction}. */
final class SampledLeaks implements Probe {
  private final SampledExtraction attack;
  private final List<Integer> counts;

  SampledLeaks(SampledExtraction attack, List<Integer> counts) {
    this.attack = attack;
    this.counts = counts;
  }

  @Override
  public List<List<Double>> values(CausalLm model, GroupedSequences texts) {
    List<TokenSequence> sequences = texts.sequences();
    double[][] overlaps = new double[sequences.size()][];
    TreeMap<Integer, List<Integer>> byLength = new TreeMap<>();
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      if (Cut.of(sequence) < sequence.length()) {
        byLength.computeIfAbsent(sequence.length(), unused -> new ArrayList<>()).add(index);
      }
    }
    for (Map.Entry<Integer, List<Integer>> group : byLength.entrySet()) {
      List<int[]> said = sample(model, sequences, group.getValue(), group.getKey());
      for (int i = 0; i < group.getValue().size(); i++) {
        int index = group.getValue().get(i);
        overlaps[index] =
            overlaps(
                sequences.get(index),
                said.subList(i * attack.samples(), (i + 1) * attack.samples()));
      }
    }
    return counts.stream().map(count -> best(overlaps, count)).toList();
  }

  /** Samples for sequences of one length; each prompt has random numbers of its own. */
  private List<int[]> sample(
      CausalLm model, List<TokenSequence> sequences, List<Integer> group, int length) {
    List<TokenSequence> prompts = new ArrayList<>(group.size() * attack.samples());
    for (int index : group) {
      TokenSequence sequence = sequences.get(index);
      TokenSequence prompt = TokenSequence.of(sequence.ids(0, Cut.of(sequence)));
      prompts.addAll(Collections.nCopies(attack.samples(), prompt));
    }
    return model.generate(
        prompts,
        Decoding.builder()
            .maxLength(length)
            .temperature(attack.temperature())
            .topP(attack.topP())
            .seed(31 * attack.seed() + length)
            .build());
  }

  private double[] overlaps(TokenSequence sequence, List<int[]> said) {
    int[] truth = sequence.ids(Cut.of(sequence), sequence.length());
    return said.stream().mapToDouble(ids -> attack.overlap().value(ids, truth)).toArray();
  }

  private static List<Double> best(double[][] overlaps, int count) {
    List<Double> best = new ArrayList<>(overlaps.length);
    for (double[] each : overlaps) {
      best.add(each == null ? Double.NaN : BestOf.mean(each, count));
    }
    return best;
  }
}
