package dev.unlearn.fault;

import com.google.common.collect.ConcurrentHashMultiset;
import com.google.common.collect.Multiset;

/** What is done to runs, and how often they got over it: a run or a model is lost otherwise. */
enum Fault {
  KILLED,
  DISK_FULL,
  DISK_READ_ONLY,
  FOLDER_GONE,
  FOLDER_CHANGED,
  PART_FAILED,
  CANCELLED,
  INTERRUPTED,
  NOT_A_NUMBER,
  SECOND_RUN;

  private static final Multiset<Fault> INJECTED = ConcurrentHashMultiset.create();
  private static final Multiset<Fault> SURVIVED = ConcurrentHashMultiset.create();

  void injected() {
    INJECTED.add(this);
  }

  void survived() {
    SURVIVED.add(this);
  }

  void survived(int count) {
    int unused = SURVIVED.add(this, count);
  }

  int injectedCount() {
    return INJECTED.count(this);
  }

  int survivedCount() {
    return SURVIVED.count(this);
  }
}
