package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.unlearn.spi.CausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** One task on one model: items to tokens, tokens to scores. */
final class TaskRun {
  /** Counted up when the same items get other scores, so that old cache files do not serve. */
  static final int SCORING_VERSION = 2;

  private final Task task;
  private final List<? extends TaskItem> all;
  private final List<? extends TaskItem> items;
  private final String digest;

  TaskRun(Task task, int limit) {
    this.task = task;
    this.all = List.copyOf(task.items());
    checkArgument(!all.isEmpty(), "task %s must have an item, but has none", task.key());
    checkArgument(
        all.stream().map(Object::getClass).distinct().count() == 1,
        "items of task %s must be of one class, but are of several",
        task.key());
    this.items = all.subList(0, Math.min(limit, all.size()));
    this.digest = digest(task, all);
  }

  /** Hears of items done. */
  interface Progress {
    void done(int items, int total);
  }

  private static String digest(Task task, List<? extends TaskItem> items) {
    Hasher hasher = Hashing.sha256().newHasher().putInt(items.size());
    TaskItem.put(hasher, task.key());
    TaskItem.put(hasher, task.variant());
    for (TaskItem item : items) {
      TaskItem.put(hasher, item.variant().key());
      item.digest(hasher);
    }
    return hasher.hash().toString();
  }

  String digest() {
    return digest;
  }

  /** Returns the items that are run, without those beyond the limit. */
  List<? extends TaskItem> items() {
    return items;
  }

  /** Returns the scores of the items, in order; those that the cache has are not computed. */
  List<ItemScores> scores(
      CausalLm model,
      RequestEncoder encoder,
      Optional<ScoreCache> cache,
      Progress progress,
      BooleanSupplier cancelled) {
    SortedMap<Integer, ItemScores> known = new TreeMap<>();
    cache.ifPresent(c -> known.putAll(c.load(all)));
    List<ItemScorer.Pending> pending = new ArrayList<>();
    for (int index = 0; index < items.size(); index++) {
      if (!known.containsKey(index)) {
        try {
          Encoded encoded = items.get(index).encode(encoder);
          pending.add(new ItemScorer.Pending(index, items.get(index), encoded));
        } catch (IllegalArgumentException e) {
          // What the tokenizer cannot express is counted, not scored.
          known.put(index, ItemScores.inexpressible(index));
        }
      }
    }
    progress.done(items.size() - pending.size(), items.size());
    ItemScorer scorer = new ItemScorer(model, encoder, task.key());
    for (List<ItemScorer.Pending> group : ItemScorer.groups(pending)) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("cancelled");
      }
      scorer.score(group).forEach(scores -> known.put(scores.index(), scores));
      cache.ifPresent(c -> c.store(known));
      progress.done(known.headMap(items.size()).size(), items.size());
    }
    return List.copyOf(known.headMap(items.size()).values());
  }
}
