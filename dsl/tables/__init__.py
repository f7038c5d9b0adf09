"""Decision tables: rows of conditions over typed columns, exactly one of which fits whatever is asked.

axes.py       the values of a column, cut into cells in which every condition says the same
columns.py    what a column's schema and a row's condition mean
analysis.py   which rows overlap, and what no row fits: exact, by counting cells
comparing.py  reports both in the words of the columns
checking.py   a table file checked with positions
documents.py  a table file as JSON
running.py    a table as a function of a row of values
facts.py      what an expression must know of a table
"""
