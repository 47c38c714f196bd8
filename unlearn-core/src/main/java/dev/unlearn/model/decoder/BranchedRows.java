package dev.unlearn.model.decoder;

import java.util.Arrays;
import java.util.List;

/**
 * Rows of tokens, padded on the right to one length, in which several texts may share a prompt: a
 * row is the prompt, then its branches, one behind the other. A token sees the prompt and those
 * before it in its own branch; a branch's positions go on from the prompt's. A row without branches
 * is a plain one.
 *
 * @hidden not API
 */
public final class BranchedRows {
  private final int size;
  private final int length;
  private final boolean branched;
  private final long[] ids;
  private final long[] attentionMask;
  private final int[] places;

  /** 0 in a prompt and in padding, which nobody sees; else the number of the branch in its row. */
  private final int[] branches;

  /**
   * Creates rows.
   *
   * @param rows ids of each row's prompt, then of each branch; a branch may be empty
   */
  public BranchedRows(List<List<int[]>> rows) {
    size = rows.size();
    length = rows.stream().mapToInt(BranchedRows::length).max().orElse(0);
    branched = rows.stream().anyMatch(parts -> length(parts) > parts.get(0).length);
    ids = new long[size * length];
    attentionMask = new long[ids.length];
    places = new int[ids.length];
    branches = new int[ids.length];
    for (int row = 0; row < size; row++) {
      int column = row * length;
      for (int part = 0; part < rows.get(row).size(); part++) {
        int first = part == 0 ? 0 : rows.get(row).get(0).length;
        for (int id : rows.get(row).get(part)) {
          ids[column] = id;
          attentionMask[column] = 1;
          places[column] = first++;
          branches[column++] = part;
        }
      }
    }
  }

  /** Returns the columns that a row takes. */
  public static int length(List<int[]> parts) {
    return parts.stream().mapToInt(part -> part.length).sum();
  }

  /** Returns the number of rows, B. */
  public int size() {
    return size;
  }

  /** Returns the columns of the longest row, L. */
  public int length() {
    return length;
  }

  /** Returns whether a row has branches that are not empty. */
  public boolean isBranched() {
    return branched;
  }

  /** Returns the ids, of shape (B, L) in one array; 0 in padding. */
  public long[] ids() {
    return ids.clone();
  }

  /** Returns 1 for tokens and 0 for padding, as {@link #ids}. */
  public long[] attentionMask() {
    return attentionMask.clone();
  }

  int[] places() {
    return places;
  }

  int lastPlace() {
    return Arrays.stream(places).max().orElse(0);
  }

  /**
   * Returns which columns see which, of shape (B, 1, L, L) in one array.
   *
   * @param window how many positions a token looks back at, itself included; 0 for all
   */
  boolean[] sight(int window) {
    boolean[] seen = new boolean[Math.multiplyExact(ids.length, length)];
    for (int query = 0; query < ids.length; query++) {
      int row = query / length * length;
      for (int key = row; key <= query; key++) {
        boolean same = branches[key] == 0 || branches[key] == branches[query];
        boolean near = window == 0 || places[key] > places[query] - window;
        seen[query * length + key - row] = same && near;
      }
    }
    return seen;
  }
}
