package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Rows of one decoding step with random keys and values, and their attention in loops. */
final class AttendedRows {
  /** Keys that wait to be put to the others together. */
  static final int BLOCK = 4;

  /** What is added to the score of a key that is not seen. */
  static final float NEVER = -1e30f;

  private final NDManager manager;
  private final int rows;
  private final int keyHeads;
  private final int group;
  private final int width;
  private final int sequences;
  private final int prefix;
  private final int room;
  private final int slot;
  private final int[] sequenceOf;
  final int[] first;
  final int[] end;
  long seed;
  double deviation = 1;

  /** Whether own tokens are attended to as on a CPU, or as anywhere. */
  boolean bagged = true;

  private int firstOwn;
  private NDArray q;
  NDArray k;
  NDArray v;
  private NDArray prefixKeys;
  private NDArray prefixValues;
  NDArray ownKeys;
  NDArray lateKeys;
  NDArray ownValues;

  AttendedRows(
      NDManager manager,
      int rows,
      int keyHeads,
      int group,
      int width,
      int sequences,
      int prefix,
      int spare,
      int slot) {
    this.manager = manager;
    this.rows = rows;
    this.keyHeads = keyHeads;
    this.group = group;
    this.width = width;
    this.sequences = sequences;
    this.prefix = prefix;
    room = slot + spare;
    this.slot = slot;
    sequenceOf = new int[rows];
    first = new int[rows];
    end = new int[rows];
    q = manager.create(0f);
    k = q;
    v = q;
    prefixKeys = q;
    prefixValues = q;
    ownKeys = q;
    lateKeys = q;
    ownValues = q;
  }

  /** Draws all of it; a window of 0 is none. */
  void draw(int window) {
    Random random = new Random(seed);
    firstOwn = window == 0 ? 0 : Math.max(0, slot - window + 1);
    for (int row = 0; row < rows; row++) {
      sequenceOf[row] = random.nextInt(sequences);
      end[row] = random.nextInt(prefix + 1);
      first[row] = window == 0 ? 0 : Math.max(0, end[row] + slot - window + 1);
    }
    q = random(rows, (long) keyHeads * group, 1, width);
    k = random(rows, keyHeads, 1, width);
    v = random(rows, keyHeads, 1, width);
    prefixKeys = random(sequences, keyHeads, prefix, width);
    prefixValues = random(sequences, keyHeads, prefix, width);
    ownKeys = random(rows + 2, keyHeads, width, room); // two rows that have retired
    lateKeys = random(rows + 2, keyHeads, BLOCK, width);
    ownValues = random(rows + 2, keyHeads, room, width);
  }

  private NDArray random(long... shape) {
    return Values.random(manager, ++seed, deviation, shape);
  }

  NDArray attend(double scale, double cap) {
    int[] counts = new int[sequences];
    int[] standing = new int[rows];
    for (int row = 0; row < rows; row++) {
      standing[row] = counts[sequenceOf[row]]++;
    }
    int most = Arrays.stream(counts).max().orElseThrow();
    long[] places = new long[sequences * most];
    Arrays.fill(places, rows - 1);
    long[] back = new long[rows];
    long[] from = new long[places.length];
    long[] to = new long[places.length];
    for (int row = 0; row < rows; row++) {
      int place = sequenceOf[row] * most + standing[row];
      back[row] = place;
      places[place] = row;
      from[place] = first[row];
      to[place] = end[row];
    }
    int seen = Arrays.stream(end).max().orElseThrow(); // what no row sees need not be masked
    float[] prefixMask = new float[places.length * seen];
    for (int i = 0; i < prefixMask.length; i++) {
      int place = i / seen;
      int key = i % seen;
      prefixMask[i] = key < from[place] || key >= to[place] ? NEVER : 0;
    }
    return DecodingOps.attend(
        q,
        k,
        v,
        prefixKeys,
        prefixValues,
        new DecodingOps.Own(ownKeys, lateKeys, ownValues),
        new DecodingOps.Sight(
            manager.create(prefixMask, new Shape(sequences, 1, most, 1, seen)),
            manager.create(places),
            manager.create(back),
            bagged ? bags() : DecodingOps.Bags.NONE,
            firstOwn,
            slot),
        scale,
        cap);
  }

  private DecodingOps.Bags bags() {
    return DecodingOps.Bags.of(q, (long) rows * keyHeads, group, width, room, firstOwn, slot + 1);
  }

  /** To be called after attend, which appends; keys and values are read from the arguments. */
  double[] plain(double scale, double cap) {
    double[] queries = Values.of(q);
    double[] result = new double[queries.length];
    int heads = keyHeads * group;
    for (int row = 0; row < rows; row++) {
      for (int head = 0; head < heads; head++) {
        List<double[]> keys = seen(row, head / group, prefixKeys, ownKeys, k);
        List<double[]> values = seen(row, head / group, prefixValues, ownValues, v);
        int at = (row * heads + head) * width;
        double[] query = Arrays.copyOfRange(queries, at, at + width);
        double[] scores =
            keys.stream().mapToDouble(key -> capped(scale * dot(query, key), cap)).toArray();
        double top = Arrays.stream(scores).max().orElseThrow();
        double[] powers = Arrays.stream(scores).map(s -> Math.exp(s - top)).toArray();
        double sum = Arrays.stream(powers).sum();
        for (int i = 0; i < powers.length; i++) {
          for (int w = 0; w < width; w++) {
            result[at + w] += powers[i] / sum * values.get(i)[w];
          }
        }
      }
    }
    return result;
  }

  private List<double[]> seen(int row, int head, NDArray ofPrefix, NDArray own, NDArray last) {
    List<double[]> all = new ArrayList<>();
    double[] shared = Values.of(ofPrefix);
    for (int i = first[row]; i < end[row]; i++) {
      int at = ((sequenceOf[row] * keyHeads + head) * prefix + i) * width;
      all.add(Arrays.copyOfRange(shared, at, at + width));
    }
    double[] before = Values.of(own);
    double[] waiting = Values.of(lateKeys);
    for (int i = firstOwn; i < slot; i++) {
      double[] one = new double[width];
      for (int w = 0; w < width; w++) {
        int ofRow = row * keyHeads + head;
        one[w] =
            own == ownKeys && i >= slot - slot % BLOCK
                ? waiting[(ofRow * BLOCK + i % BLOCK) * width + w]
                : before[place(own, ofRow, i, w)];
      }
      all.add(one);
    }
    int at = (row * keyHeads + head) * width;
    all.add(Arrays.copyOfRange(Values.of(last), at, at + width));
    return all;
  }

  /** Returns what own keys are with added ones, of shape (rows, key heads, width), at a token. */
  double[] putKeys(double[] before, int token, NDArray added) {
    return put(ownKeys, before, token, added);
  }

  /** Returns what own values are with added ones where a token stands. */
  double[] putValues(int token, NDArray added) {
    return put(ownValues, Values.of(ownValues), token, added);
  }

  private double[] put(NDArray own, double[] before, int token, NDArray added) {
    double[] result = before.clone();
    double[] all = Values.of(added);
    for (int head = 0; head < rows * keyHeads; head++) {
      for (int w = 0; w < width; w++) {
        result[place(own, head, token, w)] = all[head * width + w];
      }
    }
    return result;
  }

  /** Keys lie by width, then by token; values the other way round. */
  private int place(NDArray own, int head, int token, int w) {
    return own == ownKeys ? (head * width + w) * room + token : (head * room + token) * width + w;
  }

  @Override
  public String toString() {
    return Arrays.asList(rows, keyHeads, group, width, sequences, prefix, room, slot).toString();
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  private static double capped(double score, double cap) {
    return cap == 0 ? score : cap * Math.tanh(score / cap);
  }
}
