package dev.unlearn.optimizer;

/** {@link Schedules#constant}. */
record Constant() implements Schedule {

  @Override
  public double factor(int update) {
    return 1;
  }

  @Override
  public String description() {
    return "constant";
  }
}
