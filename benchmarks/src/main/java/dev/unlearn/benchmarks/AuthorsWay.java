package dev.unlearn.benchmarks;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Memorization accuracy and extraction likelihood as the authors' code measures them: for each
 * prefix length one call of {@code generate} for all sequences, which reads the prompts anew.
 */
final class AuthorsWay {
  private final CausalLm model;
  private final List<TokenSequence> sequences;
  private final int prefixStep;
  private final int length;

  /**
   * Creates it.
   *
   * @param sequences of one length
   * @param prefixStep visits prefixes of 1, 1 + {@code prefixStep}, … tokens only
   */
  AuthorsWay(CausalLm model, List<TokenSequence> sequences, int prefixStep) {
    checkArgument(prefixStep > 0, "prefixStep must be > 0, but was: %s", prefixStep);
    length = sequences.get(0).length();
    checkArgument(
        sequences.stream().allMatch(sequence -> sequence.length() == length),
        "all sequences must have the length of the first, %s",
        length);
    this.model = model;
    this.sequences = sequences;
    this.prefixStep = prefixStep;
  }

  /** Returns the mean over sequences and visited prefixes. */
  double memorizationAccuracy() {
    int hits = 0;
    int[] prefixes = prefixes(1);
    for (int prefix : prefixes) {
      List<int[]> next = model.generate(heads(prefix), Decoding.greedy(1));
      for (int i = 0; i < next.size(); i++) {
        hits += next.get(i)[0] == sequences.get(i).id(prefix) ? 1 : 0;
      }
    }
    return (double) hits / (prefixes.length * sequences.size());
  }

  /** Returns the mean over sequences and visited prefixes. */
  double extractionLikelihood(int order) {
    double sum = 0;
    int[] prefixes = prefixes(order);
    for (int prefix : prefixes) {
      List<int[]> continuations = model.generate(heads(prefix), Decoding.greedyTo(length));
      for (int i = 0; i < continuations.size(); i++) {
        sum += overlap(continuations.get(i), sequences.get(i).ids(prefix, length), order);
      }
    }
    return sum / (prefixes.length * sequences.size());
  }

  /** Returns how many tokens extraction likelihood decodes. */
  long tokens(int order) {
    return sequences.size() * IntStream.of(prefixes(order)).mapToLong(t -> length - t).sum();
  }

  private int[] prefixes(int order) {
    return IntStream.rangeClosed(1, length - order)
        .filter(t -> (t - 1) % prefixStep == 0)
        .toArray();
  }

  private List<TokenSequence> heads(int prefix) {
    return sequences.stream().map(sequence -> sequence.head(prefix)).toList();
  }

  private static double overlap(int[] continuation, int[] suffix, int order) {
    List<List<Integer>> ngrams = ngrams(continuation, order);
    Set<List<Integer>> wanted = new HashSet<>(ngrams(suffix, order));
    return (double) ngrams.stream().filter(wanted::contains).count() / ngrams.size();
  }

  private static List<List<Integer>> ngrams(int[] ids, int order) {
    List<Integer> all = IntStream.of(ids).boxed().toList();
    return IntStream.rangeClosed(0, ids.length - order)
        .mapToObj(i -> all.subList(i, i + order))
        .toList();
  }
}
