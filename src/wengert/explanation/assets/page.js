// What happens when the page opens.
onView(begin);
if (tabs.length) select(tabs[0]);
show("all");
