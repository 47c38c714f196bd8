package dev.unlearn.strategy;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Cuts a set into parts: lists of indices, none empty, that hold each index once. */
@FunctionalInterface
interface Division {

  List<List<Integer>> of(ForgetSet set);

  /** Consecutive chunks, as many as there are sequences at most. */
  static Division chunks(int chunks) {
    checkArgument(chunks > 0, "chunks must be > 0, but was: %s", chunks);
    return set -> {
      int count = Math.min(chunks, set.size());
      return IntStream.range(0, count).mapToObj(chunk -> chunk(set.size(), chunk, count)).toList();
    };
  }

  private static List<Integer> chunk(int size, int chunk, int count) {
    int from = (int) ((long) size * chunk / count);
    int to = (int) ((long) size * (chunk + 1) / count);
    return IntStream.range(from, to).boxed().toList();
  }

  /** One part per domain tag, and one for what has none, in the order they appear in. */
  static List<List<Integer>> domains(ForgetSet set) {
    Map<Optional<String>, List<Integer>> parts = new LinkedHashMap<>();
    for (int index = 0; index < set.size(); index++) {
      TokenSequence sequence = set.sequences().get(index);
      parts.computeIfAbsent(sequence.domain(), domain -> new ArrayList<>()).add(index);
    }
    return List.copyOf(parts.values());
  }
}
