package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Indices;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Workers;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.GreedyRollouts.Rollout;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Decodes rollouts of many sequences as rows over shared prefixes. Rows are sorted by the tokens
 * they need, so that those of one batch end at about the same time, the last ones first. Two
 * threads share a batch if it has enough: {@link RowShares}.
 */
public final class RolloutDecoder {
  /** Sequences read at a time; between groups a listener is asked whether to go on. */
  private static final int MAX_PREFIXES = 64;

  /** More threads would each read all weights for fewer rows. */
  private static final int MAX_WORKERS = 2;

  /** Rollouts below which one thread alone is as fast. */
  private static final int MIN_ROLLOUTS = 64;

  /** The same where matrices are so large that each thread waits for them to come from memory. */
  private static final int MIN_ROLLOUTS_OF_LARGE = 192;

  /** What a core's caches, or its share of one, may hold of matrices. */
  private static final long LARGE_BYTES = 64L << 20;

  private final DecodableNetwork network;
  private final long memoryBytes;
  private final int workers;

  /**
   * Creates a decoder.
   *
   * @param memoryBytes what it may take: at most three eighths for copies of matrices and an eighth
   *     for reading prefixes; of the rest half for prefixes, half for rows
   */
  public RolloutDecoder(DecodableNetwork network, long memoryBytes) {
    this(network, memoryBytes, network.isThreadSafe() ? Math.min(MAX_WORKERS, Torch.threads()) : 1);
  }

  /** Does the same with a given number of threads that decode side by side. */
  public RolloutDecoder(DecodableNetwork network, long memoryBytes, int workers) {
    this.network = network;
    this.memoryBytes = memoryBytes;
    this.workers = workers;
  }

  /**
   * Decodes.
   *
   * @return the new tokens of each rollout, its first among them
   */
  public List<int[]> decode(
      List<TokenSequence> sequences, GreedyRollouts rollouts, DecodingListener listener) {
    Work work = new Work(rollouts, listener);
    if (work.open.length == 0) {
      return Arrays.asList(work.decoded);
    }
    int[] needed = new int[sequences.size()]; // tokens of each sequence that are in a prefix
    for (int number : work.open) {
      Rollout rollout = work.rollout(number);
      needed[rollout.sequence()] = Math.max(needed[rollout.sequence()], rollout.position());
    }
    int[] read = IntStream.range(0, needed.length).filter(i -> needed[i] > 0).toArray();
    int[] order = Sorted.by(read, i -> -needed[i]);
    try (Torch.GradientMode off = Torch.gradientsOff();
        Packing packing = network.pack(work.progress.total(), memoryBytes / 4);
        BestIds best = new BestIds(network, work.progress.total(), memoryBytes / 8);
        Workers threads = new Workers(threads(work.open.length, packing))) {
      BatchPlan plan = plan(packing, best);
      // Once, and what a batch of rows needs of the prefixes is copied, some of it twice.
      int copies = 1 + 2 * threads.count();
      for (BatchPlan.Range group :
          plan.groups(order.length, i -> copies * needed[order[i]], 0, MAX_PREFIXES)) {
        int[] members = Arrays.copyOfRange(order, group.begin(), group.end());
        decode(sequences, needed, members, work, plan, best, threads);
      }
    }
    return Arrays.asList(work.decoded);
  }

  /**
   * Reads sequences once, for the greedy choice at every position and for rollouts to go on from.
   *
   * @return the continuations of the prefixes; nothing, before anything was read, where sequences
   *     do not fit into memory together or the network does not keep hidden states
   */
  public Optional<List<GreedyContinuations>> readAndDecode(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int order,
      DecodingListener listener) {
    // Sequences without a prefix to go on from need not be read.
    int[] asked =
        IntStream.range(0, sequences.size()).filter(i -> prefixLengths.get(i).length > 0).toArray();
    if (asked.length == 0 || !fit(sequences, asked)) {
      return Optional.empty();
    }
    int[] longestFirst = Sorted.by(asked, i -> -sequences.get(i).length());
    Optional<List<GreedyContinuations>> read =
        readAndDecodeAll(
            IntStream.of(longestFirst).mapToObj(sequences::get).toList(),
            IntStream.of(longestFirst).mapToObj(prefixLengths::get).toList(),
            order,
            listener);
    return read.map(
        found -> {
          List<GreedyContinuations> all =
              new ArrayList<>(
                  Collections.nCopies(sequences.size(), new GreedyContinuations(Map.of())));
          for (int i = 0; i < longestFirst.length; i++) {
            all.set(longestFirst[i], found.get(i));
          }
          return all;
        });
  }

  /** Returns whether sequences are one group, whatever copies of matrices take. */
  private boolean fit(List<TokenSequence> sequences, int[] some) {
    int longest = IntStream.of(some).map(i -> sequences.get(i).length()).max().orElse(0);
    long bytes = (1 + 2L * workers) * some.length * longest * network.bytesPerToken();
    return some.length <= MAX_PREFIXES && bytes <= memoryBytes / 4;
  }

  private Optional<List<GreedyContinuations>> readAndDecodeAll(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int order,
      DecodingListener listener) {
    List<int[]> ids = sequences.stream().map(it -> it.ids(0, it.length() - 1)).toList();
    long tokens = 0; // those read, and half of all continuations: nothing is known of them yet
    for (int i = 0; i < ids.size(); i++) {
      int length = sequences.get(i).length();
      tokens += ids.get(i).length;
      tokens += IntStream.of(prefixLengths.get(i)).mapToLong(it -> length - it).sum() / 2;
    }
    GreedyRollouts.checkNotCancelled(listener);
    try (Torch.GradientMode off = Torch.gradientsOff();
        Packing packing = network.pack(tokens, memoryBytes / 4);
        BestIds best = new BestIds(network, tokens, memoryBytes / 8);
        Prefixes prefixes = network.prefixes(ids, memoryBytes / 8, Integer.MAX_VALUE)) {
      Optional<NDArray> states = prefixes.states();
      if (states.isEmpty()) {
        return Optional.empty();
      }
      best.learnFrom(prefixes);
      List<TokenScores> choices = choices(sequences, states.get(), best);
      GreedyRollouts rollouts = GreedyRollouts.of(sequences, prefixLengths, choices, order);
      Work work = new Work(rollouts, listener);
      BatchPlan plan = plan(packing, best);
      try (Workers threads = new Workers(threads(work.open.length, packing))) {
        int[] place = IntStream.range(0, sequences.size()).toArray();
        decode(prefixes, place, work.longestFirst(work.open), work, plan, best, threads);
      }
      return Optional.of(rollouts.join(Arrays.asList(work.decoded)));
    }
  }

  /**
   * Returns the choices at all positions of sequences that were read. Those after first tokens are
   * made apart: hidden states there may be like no others, and codes give up all rows of a call
   * where they cannot tell one.
   */
  private static List<TokenScores> choices(
      List<TokenSequence> sequences, NDArray states, BestIds best) {
    int[] ids = new int[Math.toIntExact(states.getShape().get(0))];
    int[] starts = new int[sequences.size()];
    for (int i = 1; i < starts.length; i++) {
      starts[i] = starts[i - 1] + sequences.get(i - 1).length() - 1;
    }
    choose(states, starts, best, ids);
    int[] others =
        IntStream.range(0, ids.length).filter(it -> Arrays.binarySearch(starts, it) < 0).toArray();
    for (int begin = 0; begin < others.length; begin += BatchPlan.MAX_ROWS) {
      int end = Math.min(others.length, begin + BatchPlan.MAX_ROWS);
      choose(states, Arrays.copyOfRange(others, begin, end), best, ids);
    }
    List<TokenScores> choices = new ArrayList<>();
    int begin = 0;
    for (TokenSequence sequence : sequences) {
      int end = begin + sequence.length() - 1;
      choices.add(TokenScores.ofChoices(sequence, Arrays.copyOfRange(ids, begin, end)));
      begin = end;
    }
    return choices;
  }

  /** Chooses after the tokens at some places. */
  private static void choose(NDArray states, int[] places, BestIds best, int[] ids) {
    try (NDManager scope = states.getManager().newSubManager()) {
      NDArray some = states.get(scope.create(Indices.longs(places)));
      some.attach(scope); // what choosing takes goes with it
      int[] chosen = best.choose(some);
      for (int i = 0; i < places.length; i++) {
        ids[places[i]] = chosen[i];
      }
    }
  }

  private BatchPlan plan(Packing packing, BestIds best) {
    return new BatchPlan(
        network.bytesPerToken(),
        (memoryBytes - memoryBytes / 8 - packing.bytes() - best.bytes()) / 2);
  }

  /** Matrices of which there are no copies count as small. */
  private int threads(int rollouts, Packing packing) {
    boolean large = packing.bytes() > LARGE_BYTES;
    return rollouts < (large ? MIN_ROLLOUTS_OF_LARGE : MIN_ROLLOUTS) ? 1 : workers;
  }

  private void decode(
      List<TokenSequence> sequences,
      int[] needed,
      int[] members,
      Work work,
      BatchPlan plan,
      BestIds best,
      Workers threads) {
    int[] place = new int[sequences.size()];
    Arrays.fill(place, -1);
    for (int i = 0; i < members.length; i++) {
      place[members[i]] = i;
    }
    int[] of =
        IntStream.of(work.open)
            .filter(number -> place[work.rollout(number).sequence()] >= 0)
            .toArray();
    int[] rows = work.longestFirst(of);
    List<int[]> ids =
        IntStream.of(members).mapToObj(i -> sequences.get(i).ids(0, needed[i])).toList();
    work.progress.check();
    try (Prefixes prefixes = network.prefixes(ids, memoryBytes / 8, BestIds.STATES)) {
      best.learnFrom(prefixes);
      decode(prefixes, place, rows, work, plan, best, threads);
    }
  }

  /**
   * Decodes rows that go on from the prefixes at hand.
   *
   * @param place by sequence, where its prefix is among them
   * @param rows numbers of rollouts, those of most new tokens first
   */
  private void decode(
      Prefixes prefixes,
      int[] place,
      int[] rows,
      Work work,
      BatchPlan plan,
      BestIds best,
      Workers threads) {
    int longest = IntStream.of(rows).map(work::length).max().orElse(0);
    List<BatchPlan.Range> ranges =
        plan.groups(
            rows.length,
            i -> work.rollout(rows[i]).newTokens(),
            BatchPlan.bytesPerRow(network, longest),
            BatchPlan.MAX_ROWS);
    List<int[][]> batches =
        ranges.stream()
            .map(range -> Arrays.copyOfRange(rows, range.begin(), range.end()))
            .map(batch -> work.shares(batch, threads.count()))
            .toList();
    threads.run(
        worker -> batches.forEach(it -> decode(prefixes, place, it[worker], work, best)),
        work.progress::tell,
        work.progress::stop);
    work.progress.report();
  }

  private void decode(Prefixes prefixes, int[] place, int[] batch, Work work, BestIds best) {
    if (batch.length == 0) {
      return;
    }
    int[] from = IntStream.of(batch).map(i -> work.rollout(i).position()).toArray();
    int[] in = IntStream.of(batch).map(i -> place[work.rollout(i).sequence()]).toArray();
    int most = work.rollout(batch[0]).newTokens();
    try (Branches branches = prefixes.branch(in, from, most)) {
      run(branches, batch, work, best);
    }
  }

  private void run(Branches branches, int[] batch, Work work, BestIds best) {
    int[] tokens = IntStream.of(batch).map(i -> work.rollout(i).first()).toArray();
    int active = batch.length;
    for (int step = 1; ; step++) {
      while (active > 0 && work.isOver(batch[active - 1], step)) {
        active--;
        work.end(batch[active], step);
      }
      if (active == 0) {
        return;
      }
      if (active < branches.size()) {
        branches.keep(IntStream.range(0, active).toArray());
      }
      work.progress.check();
      try (NDManager scope = network.manager().newSubManager()) {
        tokens = best.choose(branches.step(scope, Arrays.copyOf(tokens, active)));
      }
      work.record(batch, tokens, step);
    }
  }

  /** What is to be decoded, and what has been. */
  private static final class Work {
    private final GreedyRollouts rollouts;
    private final List<Rollout> all;
    final int[][] decoded;
    final DecodingProgress progress;

    /** The numbers of rollouts of which a token at least is to be decoded. */
    final int[] open;

    Work(GreedyRollouts rollouts, DecodingListener listener) {
      this.rollouts = rollouts;
      all = rollouts.rollouts();
      decoded = new int[all.size()][];
      progress = new DecodingProgress(all.stream().mapToLong(Rollout::newTokens).sum(), listener);
      for (int number = 0; number < decoded.length; number++) {
        decoded[number] = new int[rollout(number).newTokens()];
        decoded[number][0] = rollout(number).first();
      }
      progress.decoded(decoded.length);
      for (int number = 0; number < decoded.length; number++) {
        if (isOver(number, 1)) {
          end(number, 1);
        }
      }
      open = IntStream.range(0, decoded.length).filter(it -> decoded[it].length > 1).toArray();
    }

    Rollout rollout(int number) {
      return all.get(number);
    }

    /** Returns the tokens of a row when it is complete. */
    int length(int number) {
      return rollout(number).position() + rollout(number).newTokens();
    }

    int[] longestFirst(int[] numbers) {
      return Sorted.by(numbers, number -> -rollout(number).newTokens());
    }

    /** Divides rollouts among threads; see {@link RowShares}. */
    int[][] shares(int[] batch, int threads) {
      int[] sequences = IntStream.of(batch).map(i -> rollout(i).sequence()).toArray();
      int[] tokens = IntStream.of(batch).map(i -> rollout(i).newTokens()).toArray();
      return Arrays.stream(RowShares.of(sequences, tokens, threads))
          .map(share -> IntStream.of(share).map(row -> batch[row]).toArray())
          .toArray(int[][]::new);
    }

    boolean isOver(int number, int count) {
      return rollouts.isOver(number, decoded[number], count);
    }

    /** Lets a rollout end; what it does not need counts as decoded. */
    void end(int number, int count) {
      int spared = decoded[number].length - count;
      if (spared > 0) {
        decoded[number] = Arrays.copyOf(decoded[number], count);
        progress.decoded(spared);
      }
    }

    /** Notes a token of each of the first rows of a batch. */
    void record(int[] batch, int[] tokens, int step) {
      for (int row = 0; row < tokens.length; row++) {
        decoded[batch[row]][step] = tokens[row];
      }
      progress.decoded(tokens.length);
    }
  }
}
